// Package sdk drives npm cloudflare against a control API: it runs node in the folder of the tests, with the version of the
// SDK that is installed there, and calls every method that is the same in 7.0.0 and later. It needs the build tag
// integration.
package sdk
