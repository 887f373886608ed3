package rights

import "golang.org/x/sys/unix"

func getDefaultList(path string, into []byte) (int, error) {
	return unix.Getxattr(path, "system.posix_acl_default", into)
}
