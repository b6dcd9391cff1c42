// Package tokens holds no code, only tests: Stream tokens made here are those that OpenSSL, npm jose and WebCrypto make, and
// each side accepts and refuses what the other does. They need the build tag integration, openssl, node and the packages of
// package-lock.json (npm ci); what is missing fails the tests.
package tokens
