package spool

import (
	"errors"

	"golang.org/x/sys/windows"
)

// heldByOther says that another process (a virus scanner, a backup) has the
// file open and will most likely let it go.
func heldByOther(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
}
