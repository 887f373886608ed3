package values

import (
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

// ZonePlace is the place by which IANA names a zone that Windows calls name, as
// in Europe/Berlin for "W. Europe Standard Time".
func ZonePlace(name string) (place string, ok bool) {
	place, ok = zonePlaces()[strings.ToLower(strings.TrimSpace(name))]
	return place, ok
}

// zoneOffset reads +02:00, -0330, UTC+2.
func zoneOffset(text string) (seconds int, ok bool) {
	var m moment
	rest, ok := m.readOffset(strings.ToUpper(text))
	return m.offset, ok && rest == "" && m.offset >= -14*60*60 && m.offset <= 14*60*60
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
