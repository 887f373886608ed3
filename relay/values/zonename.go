package values

import (
	"strconv"
	"strings"
	"sync"
	"time"
)

// namedZone finds a zone by the name of a place (Europe/Berlin), by Windows'
// or Rails' name, or by an offset (+02:00, UTC+2). It is nil for "local": the
// site's.
func namedZone(name string) (z *zone, ok bool) {
	name = strings.TrimSpace(name)
	if name == "" || strings.EqualFold(name, "local") {
		return nil, name != ""
	}
	folded := strings.ToLower(name)
	if folded == "utc" || folded == "gmt" || folded == "z" {
		return newZone(time.UTC), true
	}
	if place, ok := zonePlaces()[folded]; ok {
		name = place
	} else if offset, ok := zoneOffset(name); ok {
		return newZone(time.FixedZone(name, offset)), true
	} else if !strings.Contains(name, "/") {
		// Rails shows "(GMT-05:00) Eastern Time (US & Canada)".
		if _, rest, ok := strings.Cut(name, ") "); ok && strings.HasPrefix(name, "(") {
			return namedZone(rest)
		}
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, false
	}
	return newZone(loc), true
}

// zoneOffset reads +02:00, -0330, UTC+2.
func zoneOffset(text string) (seconds int, ok bool) {
	if upper := strings.ToUpper(text); strings.HasPrefix(upper, "UTC") || strings.HasPrefix(upper, "GMT") {
		text = text[3:]
	}
	if len(text) < 2 || text[0] != '+' && text[0] != '-' {
		return 0, false
	}
	digits := strings.Replace(text[1:], ":", "", 1)
	if len(digits) <= 2 {
		digits += "00"
	}
	n, err := strconv.Atoi(digits)
	if err != nil || len(digits) > 4 || n < 0 || n%100 > 59 || n/100 > 14 {
		return 0, false
	}
	seconds = n/100*3600 + n%100*60
	if text[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// zonePlaces are the places of Windows' and Rails' names, which are in small
// letters.
var zonePlaces = sync.OnceValue(func() map[string]string {
	places := map[string]string{}
	for _, table := range [...]string{windowsZones, railsZones} {
		for line := range strings.Lines(table) {
			if name, place, ok := strings.Cut(strings.TrimSpace(line), " = "); ok {
				places[strings.ToLower(name)] = place
			}
		}
	}
	return places
})
