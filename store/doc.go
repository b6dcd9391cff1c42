// Package store is the durable state of the control API, over SQLite or PostgreSQL.
//
// This package is experimental: it may change in a minor version.
package store
