// Package webtransport holds no code, only tests: a MoQ relay token in the path of a WebTransport session, and of other
// upgrades, is admitted or refused by moq.Handler before the session exists, and a session whose token is revoked, by the
// control API for one, or runs out is ended. The servers are quic-go's and Go's own, the clients those and Chromium. They
// need the build tag integration, Chromium, node and the packages of package-lock.json (npm ci); what is missing fails the
// tests.
package webtransport
