// Package control holds no code, only tests: programs written for the official Go SDK, cloudflare-go v7.7.0, which rotates
// relay tokens, run against the control API with nothing changed but the base URL. They need the build tag integration.
package control
