// Package control holds no code, only tests: programs written for the official Go SDK, cloudflare-go v7.9.0, which makes and
// deletes relay tokens one by one, run against the control API with nothing changed but the base URL. They need the build
// tag integration.
package control
