// Package apitest runs the control API as the command it is, for tests that call it as somebody else's program does, and
// checks what they were given: against the documents served beside it, with our verifiers and without them.
//
// Test only. Helpers take a [testing.TB] and fail it instead of returning an error; what they start ends with the test.
package apitest
