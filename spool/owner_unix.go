//go:build unix

package spool

import (
	"os"
	"path/filepath"
	"syscall"
)

// giveToFolders gives a file that root has made to whom its folder belongs: the
// relay, which runs as that user, could not open it. A file system that knows no
// owners goes without.
func giveToFolders(path string) {
	if os.Geteuid() != 0 {
		return
	}
	folder, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return
	}
	file, err := os.Lstat(path)
	if err != nil || !file.Mode().IsRegular() {
		return
	}
	to, ok := folder.Sys().(*syscall.Stat_t)
	at, also := file.Sys().(*syscall.Stat_t)
	if !ok || !also || to.Uid == 0 || at.Uid != 0 || at.Nlink != 1 { // a hard link may be to root's own
		return
	}
	_ = os.Lchown(path, int(to.Uid), int(to.Gid))
}
