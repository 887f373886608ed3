package doctor

import "golang.org/x/sys/unix"

// inMemory says that a folder is on a file system that is none of a disk.
func inMemory(dir string) bool {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return false
	}
	kind := uint32(st.Type) // of 32 or 64 bits, by the processor
	return kind == unix.TMPFS_MAGIC || kind == unix.RAMFS_MAGIC
}
