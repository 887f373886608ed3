package spool

import (
	"os"
	"slices"
	"strconv"
	"strings"
)

// remote are the file systems whose files lie on another machine, or on the one
// around this one.
var remote = [...]string{
	"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "coda", "ceph", "glusterfs", "lustre", "beegfs", "orangefs", "pvfs2",
	"gpfs", "9p", "davfs", "vboxsf", "vmhgfs", "prl_fs",
}

// remoteFuse are those that a program of a user's provides. The others are
// local (ntfs-3g, exfat, overlays).
var remoteFuse = [...]string{
	"sshfs", "rclone", "s3fs", "goofys", "gcsfuse", "blobfuse", "blobfuse2", "mount-s3", "geesefs", "juicefs", "seaweedfs", "davfs",
	"davfs2", "glusterfs", "ceph", "ceph-fuse", "cephfs", "curlftpfs", "gvfsd-fuse", "smbnetfs", "smb", "nfs", "fusesmb", "afpfs",
	"google-drive-ocamlfuse", "onedriver", "vmhgfs-fuse", "moosefs", "mfs", "lizardfs", "cernvm-fs", "cvmfs2", "s3ql", "grpcfuse",
}

// remoteFileSystem is the name of the file system that a path is on, if its
// files are not this machine's.
func remoteFileSystem(path string) string {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return ""
	}
	kind, source := mountOf(string(mounts), path)
	name, isFuse := strings.CutPrefix(kind, "fuse.")
	switch {
	case slices.Contains(remote[:], kind), isFuse && slices.Contains(remoteFuse[:], name):
		return kind
	case (kind == "fuse" || isFuse) && looksRemote(source):
		return kind
	}
	return ""
}

// looksRemote knows host:path, user@host:path and https://host.
func looksRemote(source string) bool {
	host, _, colon := strings.Cut(source, ":")
	return colon && host != "" && !strings.Contains(host, "/") || strings.Contains(source, "://")
}

// mountOf is the kind and the source of what is mounted over a path: the longest
// mount point above it, and of several the last, as it hides the others.
func mountOf(mountinfo, path string) (kind, source string) {
	longest := -1
	for line := range strings.Lines(mountinfo) {
		before, after, ok := strings.Cut(line, " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !ok || len(left) < 5 || len(right) < 2 {
			continue
		}
		point := unescape(left[4])
		if len(point) >= longest && under(path, point) {
			longest, kind, source = len(point), right[0], unescape(right[1])
		}
	}
	return kind, source
}

func under(path, folder string) bool {
	rest, ok := strings.CutPrefix(path, folder)
	return ok && (rest == "" || rest[0] == '/' || folder == "/")
}

// unescape undoes the \040 of a space, a tab, a line's end and a backslash.
func unescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+4 <= len(text) {
			if n, err := strconv.ParseUint(text[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
