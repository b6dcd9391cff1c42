// Package control holds no code, only tests: programs written for the official SDK for JavaScript, npm cloudflare 7.0.0, which
// rotates relay tokens, run against the control API with nothing changed but the base URL. They need the build tag
// integration, node and the packages of package-lock.json (npm ci).
package control
