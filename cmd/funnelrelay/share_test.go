//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestShare watches a folder of another machine's, as far as the relay can
// tell: no event comes from it, only the scan sees what lies there. It needs
// sshfs and the SFTP server, and a right to mount.
func TestShare(t *testing.T) {
	const server = "/usr/lib/openssh/sftp-server"
	_, err := exec.LookPath("sshfs")
	if _, gone := os.Stat(server); err != nil || gone != nil {
		if os.Getenv("FUNNELRELAY_NEED_SHARE") != "" {
			t.Fatal("sshfs or the SFTP server is missing")
		}
		t.Skip("sshfs or the SFTP server is missing")
	}
	folder := t.TempDir()
	far, near := filepath.Join(folder, "far"), filepath.Join(folder, "near")
	for _, dir := range []string{far, near} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	pipe := filepath.Join(folder, "ssh")
	if err := os.WriteFile(pipe, []byte("#!/bin/sh\nexec "+server+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	mount := exec.Command("sshfs", "-o", "ssh_command="+pipe, "far:"+far, near, "-o", "cache=no")
	if out, err := mount.CombinedOutput(); err != nil {
		if os.Getenv("FUNNELRELAY_NEED_SHARE") != "" {
			t.Fatalf("%v: %s", err, out)
		}
		t.Skipf("%v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("fusermount", "-u", "-z", near).Run() })

	r := newRig(t, fmt.Sprintf(tortureSources, filepath.Join(near, "export-*.csv"), filepath.Join(near, "journal.csv")))
	r.up()
	const text = "order,time,email,sku,label,total\nA%[1]d,2026-11-23T10:00:00Z,a@example.com,S,Tea,2.50\n"
	for i := range 3 {
		if err := os.WriteFile(filepath.Join(far, fmt.Sprintf("export-%d.csv", i)), fmt.Appendf(nil, text, i), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(time.Minute); ; <-ticker.C {
		s, err := r.status()
		if err == nil && s.Total.Sent == 3 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%+v, %v\n%s", s.Total, err, r.relay.output())
		}
	}
	if left, err := filepath.Glob(filepath.Join(far, "export-*")); err != nil || len(left) > 0 {
		t.Errorf("still there: %q, %v", left, err)
	}
	if done, err := filepath.Glob(filepath.Join(far, "done", "*", "export-*.csv")); err != nil || len(done) != 3 {
		t.Errorf("done: %q, %v", done, err)
	}
}
