package machine

import (
	"context"
	"os/exec"
	"strings"
	"time"
)

const patience = 5 * time.Second // for a program of the system's that answers at once

// systemID is the hardware's own.
func systemID() string {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice").Output()
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(out), `"IOPlatformUUID" = "`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}
