package secret

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// mark begins a file, so that a person who opens it knows what it is.
const mark = "dpapi:"

// bound is mixed into the key, so that no other program's data, and no other
// secret's file under this name, is taken for the secret. The file system does
// not tell capitals apart, and neither does this.
func bound(name string) *windows.DataBlob {
	return blob([]byte("funnelrelay secret\x00" + strings.ToLower(name)))
}

func blob(data []byte) *windows.DataBlob {
	if len(data) == 0 {
		return &windows.DataBlob{}
	}
	return &windows.DataBlob{Size: uint32(len(data)), Data: &data[0]}
}

// take copies what the system allocated, and clears and frees it.
func take(b windows.DataBlob) ([]byte, error) {
	if b.Data == nil {
		return nil, nil
	}
	foreign := unsafe.Slice(b.Data, b.Size)
	own := append([]byte(nil), foreign...)
	clear(foreign)
	_, err := windows.LocalFree(windows.Handle(unsafe.Pointer(b.Data)))
	return own, err
}

// seal encrypts a value for this machine: the account that runs the service is
// another than the one that stores the value. Who may read the file is up to
// its rights.
func seal(name, value string) ([]byte, error) {
	title, err := windows.UTF16PtrFromString("funnelrelay " + name)
	if err != nil {
		return nil, err
	}
	var out windows.DataBlob
	err = windows.CryptProtectData(blob([]byte(value)), title, bound(name), 0, nil,
		windows.CRYPTPROTECT_LOCAL_MACHINE|windows.CRYPTPROTECT_UI_FORBIDDEN, &out)
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	data, err := take(out)
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	return []byte(mark + base64.StdEncoding.EncodeToString(data) + "\r\n"), nil
}

// unseal decrypts what seal made on this machine.
func unseal(name string, data []byte) (string, error) {
	again := fmt.Sprintf("run `funnelrelay secret set %s` again", name)
	text, ours := strings.CutPrefix(strings.TrimSpace(string(data)), mark)
	sealed, err := base64.StdEncoding.DecodeString(text)
	if !ours || err != nil || len(sealed) == 0 {
		return "", errors.New("its file was not written by `funnelrelay secret set`, or is damaged; " + again)
	}
	var out windows.DataBlob
	err = windows.CryptUnprotectData(blob(sealed), nil, bound(name), 0, nil, windows.CRYPTPROTECT_UI_FORBIDDEN, &out)
	if err != nil {
		return "", fmt.Errorf("was stored on another machine, or under another name (%w); %s", err, again)
	}
	value, err := take(out)
	return string(value), err
}

// follow has nothing to do: a new file has the rights of its folder.
func follow(*os.File, string) error { return nil }

// syncFolder does nothing: NTFS journals its folders, and a folder cannot be
// flushed through a handle of this kind.
func syncFolder(string) error { return nil }
