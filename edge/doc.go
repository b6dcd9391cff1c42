// Package edge is the server that stands before an origin or a directory and lets in who holds a good Stream token.
//
// It puts package middleware, which judges, in front of one of two things that serve: a reverse proxy to an origin, or
// the files of one directory. What it adds is the part of the work that needs a server: limits on slow and large
// clients, TLS whose certificate can be renewed without a restart, an orderly stop, and for the origin a request from
// which every claim the client made about itself is gone.
//
// # What the origin sees
//
// The path with the token replaced by its subject, in the encoding in which it came. The edge's word about the token in
// X-Streamtoken-Subject, X-Streamtoken-Key-Id and X-Streamtoken-Expires (unix seconds); a client can neither send nor
// remove these, by whatever spelling. X-Forwarded-For, -Host and -Proto as the edge knows them: what a client claimed is
// dropped, what a trusted proxy vouched for is kept. The token itself reaches the origin nowhere.
//
// An origin must accept connections from the edge alone: these headers prove nothing if a viewer can reach it directly.
//
// This package is experimental: it may change in a minor version.
package edge
