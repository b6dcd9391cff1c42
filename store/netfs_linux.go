package store

import (
	"fmt"
	"syscall"
)

// networkFilesystems are the magic numbers (statfs(2), linux/magic.h) of those where the locks and the shared memory that
// SQLite's WAL needs do not hold between machines.
var networkFilesystems = map[uint32]string{
	0x6969:     "NFS",
	0x517b:     "SMB",
	0xff534d42: "CIFS",
	0xfe534d42: "SMB2",
	0x5346414f: "AFS",
	0x00c36400: "Ceph",
}

// checkFilesystem refuses a directory on a network file system (sqlite.org/useovernet.html).
func checkFilesystem(dir string) error {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return fmt.Errorf("store: %s: %w", dir, err)
	}
	if name, ok := networkFilesystems[uint32(st.Type)]; ok {
		return fmt.Errorf("store: %s is on %s: SQLite needs a local disk, PostgreSQL does not", dir, name)
	}
	return nil
}
