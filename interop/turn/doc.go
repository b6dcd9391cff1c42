// Package turn holds no code, only tests: the credentials of this module's package turn at two TURN servers, coturn and
// pion/turn. They need the build tag integration and coturn's turnserver; what is missing fails the tests.
package turn
