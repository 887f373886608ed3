package config

import (
	"os"
	"strings"
	"time"
	_ "time/tzdata" // Windows has no zones of these names; 0.4 MB
)

// Zone is a timezone by its IANA name, or LocalZone.
type Zone string

// LocalZone is the machine's own.
const LocalZone Zone = "local"

// Location looks the zone up. It fails only for a name that Check refuses.
func (z Zone) Location() (*time.Location, error) {
	if z == "" || z == LocalZone {
		return time.Local, nil
	}
	return time.LoadLocation(string(z))
}

func (z *Zone) readText(text string) *fault {
	const write = "write a place as in Europe/Berlin or America/New_York, or local for the machine's own"
	if strings.EqualFold(text, string(LocalZone)) {
		*z = LocalZone
		return nil
	}
	if text == "" || strings.Trim(text, "+-0123456789:") == "" || strings.HasPrefix(text, "GMT+") || strings.HasPrefix(text, "UTC+") {
		return &fault{is: "is not a timezone's name (an offset knows no summer time)", write: write}
	}
	if strings.HasSuffix(text, " Time") {
		return &fault{is: "is Windows' name of a timezone", write: write}
	}
	if _, err := time.LoadLocation(text); err != nil {
		return &fault{is: "is not a timezone that is known", write: write}
	}
	*z = Zone(text)
	return nil
}

// MachineZone finds the IANA name of the machine's timezone; "" where the
// system does not tell, as on Windows.
func MachineZone() string {
	candidates := []string{strings.TrimPrefix(os.Getenv("TZ"), ":")}
	if text, err := os.ReadFile("/etc/timezone"); err == nil {
		candidates = append(candidates, strings.TrimSpace(string(text)))
	}
	if link, err := os.Readlink("/etc/localtime"); err == nil {
		_, name, _ := strings.Cut(link, "zoneinfo/")
		candidates = append(candidates, name)
	}
	for _, name := range candidates {
		var z Zone
		if name != "" && name != "Local" && z.readText(name) == nil && z != LocalZone {
			return string(z)
		}
	}
	return ""
}
