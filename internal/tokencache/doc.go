// Package tokencache remembers what was found out about a token.
package tokencache
