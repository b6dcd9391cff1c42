// Package history holds tests of nodes that share one real database: histories of rotations and answers, checked with
// porcupine, a node that is cut off, and how long a rotation takes until it is everywhere.
package history
