package rights

import (
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// inheritGroup lets the group write also in folders that users make in a drop
// folder, whatever their umask: without, the relay could read their files and
// not put them away. A file system without access lists goes without.
func inheritGroup(path string) {
	list := groupList()
	_ = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			setDefaultList(name, list)
		}
		return nil
	})
}

func setDefaultList(folder string, list []byte) {
	f, err := os.OpenFile(folder, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return
	}
	defer f.Close()
	_ = unix.Fsetxattr(int(f.Fd()), "system.posix_acl_default", list, 0)
}

// groupList is u::rwx,g::rwx,o::--- as the kernel reads it: a version, then for
// each entry its tag, its rights and an id that these three do not have.
func groupList() []byte {
	const version, user, group, other, all, noID = 2, 0x01, 0x04, 0x20, 7, 0xffffffff
	b := binary.LittleEndian.AppendUint32(nil, version)
	for _, entry := range [][2]uint16{{user, all}, {group, all}, {other, 0}} {
		b = binary.LittleEndian.AppendUint16(b, entry[0])
		b = binary.LittleEndian.AppendUint16(b, entry[1])
		b = binary.LittleEndian.AppendUint32(b, noID)
	}
	return b
}
