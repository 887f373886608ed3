//go:build !windows

package main

import (
	"io"
	"os"
)

// drawsANSI says whether the terminal understands what moves the cursor.
func drawsANSI(io.Writer) bool { return os.Getenv("TERM") != "dumb" }
