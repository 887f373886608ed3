// Package quiet keeps libraries from printing before main begins. The one of
// the metrics says on standard error, at each command on a system without
// pressure-stall information, that it will not show it.
//
// Packages are initialized in the order of their import paths as far as their
// imports allow (Go specification, "Program initialization"), so this one, which
// imports next to nothing, comes before all of github.com.
package quiet

import (
	"io"
	"log"
)

func init() { log.SetOutput(io.Discard) }
