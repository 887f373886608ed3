package learn

import (
	"fmt"
	"strings"
)

// abbreviation is the timezone's that ends a date, as in EST; "": none, or one
// that says the offset by itself.
func abbreviation(text string) string {
	at := strings.LastIndexByte(text, ' ')
	if at < 0 {
		return ""
	}
	word := text[at+1:]
	if len(word) < 2 || len(word) > 5 || strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return ""
	}
	switch word {
	case "AM", "PM", "UTC", "GMT", "Z":
		return ""
	}
	return word
}

// placesOf are zones in which clocks show an abbreviation.
func placesOf(word string) []Way {
	for _, one := range []struct {
		words string
		ways  []Way
	}{
		{"EST EDT ET", []Way{{"America/New_York", "the east of the United States"}, {"America/Toronto", "the east of Canada"}}},
		{"CST CDT CT", []Way{{"America/Chicago", "the middle of the United States"}, {"America/Winnipeg", "the middle of Canada"}}},
		{"MST MDT MT", []Way{{"America/Denver", "the mountains of the United States"}, {"America/Phoenix", "Arizona"}}},
		{"PST PDT PT", []Way{{"America/Los_Angeles", "the west of the United States"}, {"America/Vancouver", "the west of Canada"}}},
		{"BST", []Way{{"Europe/London", "the United Kingdom"}}},
		{"CET CEST MEZ MESZ", []Way{{"Europe/Berlin", "Germany; or another place of central Europe"}}},
		{"AEST AEDT", []Way{{"Australia/Sydney", "the east of Australia"}, {"Australia/Brisbane", "Queensland"}}},
	} {
		if strings.Contains(" "+one.words+" ", " "+word+" ") {
			return one.ways
		}
	}
	return []Way{{"", "the place of the till, as in Europe/Berlin"}}
}

// askZone asks for the place of dates that end with an abbreviation: it has a
// meaning only there.
func (w *finder) askZone(texts []spot) bool {
	if w.Source.Values.Zone != "" || w.o.Set["values.zone"] != "" || w.asked("values.zone") {
		return false
	}
	for _, s := range texts {
		if word := abbreviation(s.text); word != "" {
			w.ask("values.zone", fmt.Sprintf("dates end with %s (%s: %s), which is used in more than one place", word, w.set.spotted(s), s.shown()), placesOf(word)...)
			return true
		}
	}
	return false
}
