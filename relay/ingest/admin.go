package ingest

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// adminFile is the name of the admin token's file in the data folder.
const adminFile = "admin.token"

// AdminTokenFile is the file of the admin token in the data folder dir.
func AdminTokenFile(dir string) string { return filepath.Join(dir, adminFile) }

// adminBytes is how much chance is in a token: nobody guesses 256 bits.
const adminBytes = 32

// AdminToken reads the admin token of the data folder dir, and makes it, mode
// 0600, where there is none: at the first start, or after somebody removed it
// to have a new one. A file that does not hold a whole token is replaced. It is
// called by the one process that owns the folder; others use ReadAdminToken.
func AdminToken(dir string) (Secret, error) {
	token, err := ReadAdminToken(dir)
	if err == nil || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errToken) {
		return token, err
	}
	random := make([]byte, adminBytes)
	if _, err := rand.Read(random); err != nil {
		return "", fmt.Errorf("admin token: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString(random)
	if err := writeSecret(filepath.Join(dir, adminFile), []byte(text+"\n")); err != nil {
		return "", fmt.Errorf("admin token: %w", err)
	}
	return Secret(text), nil
}

// errToken says that the file is there and holds no token: an empty file is
// what a full disk or a hasty editor leaves.
var errToken = errors.New("this is not a token; remove the file and start the relay again")

// ReadAdminToken reads the admin token of the data folder dir, for a command
// that asks the daemon. A file that others may read is closed to them first.
// The error is fs.ErrNotExist where there is none yet.
func ReadAdminToken(dir string) (Secret, error) {
	path := filepath.Join(dir, adminFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("admin token: %w", err)
	}
	if info, err := os.Stat(path); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(path, 0o600); err != nil {
			return "", fmt.Errorf("admin token: others may read it: %w", err)
		}
	}
	text := bytes.TrimSpace(data)
	if raw, err := base64.RawURLEncoding.DecodeString(string(text)); err != nil || len(raw) != adminBytes {
		return "", fmt.Errorf("admin token %s: %w", path, errToken)
	}
	return Secret(text), nil
}
