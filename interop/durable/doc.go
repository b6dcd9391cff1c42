// Package durable holds tests of the command `streamtoken api` as a process that machines fail under: what it has acknowledged
// was synced before, and outlives kill -9, a full disk and a lost database connection; what it has taken away is not served
// again by any node.
//
// They need Linux, strace and PostgreSQL; and the right to attach strace to another process, and to mount a tmpfs in a
// namespace of their own: root has both.
package durable
