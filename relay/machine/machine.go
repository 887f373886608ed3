// Package machine tells this machine from others: by what its system keeps of
// its own for that, and never by what a person may change, as a name.
package machine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// application makes the id one of this program's own: machine-id(5) asks that
// the system's is shown to nobody.
const application = "funnelrelay machine id, version 1"

// ID is 32 hex digits that stay the same over restarts and upgrades of the
// system, and that machines set up from one image share only where the image
// was not made ready for that; "" where the system tells none, as in most
// containers.
func ID() string { return hide(systemID()) }

// hide turns the system's id into ours.
func hide(id string) string {
	id = strings.ToLower(strings.TrimSpace(id))
	if id == "" || id == "uninitialized" || strings.Trim(id, "0-") == "" {
		return ""
	}
	sum := hmac.New(sha256.New, []byte(id))
	sum.Write([]byte(application))
	return hex.EncodeToString(sum.Sum(nil)[:16])
}
