//go:build unix && !linux

package rights

import "errors"

func getDefaultList(string, []byte) (int, error) { return 0, errors.ErrUnsupported }
