//go:build !linux

package spool

import "testing"

// dropCache is not to be had here: the file is in the page cache.
func dropCache(*testing.B, string) {}
