package mapping

import (
	"fmt"
	"slices"
	"strings"

	"funnelrelay/relay/values"
)

// text is the name that k yields; "" where it, or a part of it, is blank.
func (k *key) text(s *values.Scope) (string, error) {
	for i := range k.choices {
		one := &k.choices[i]
		text, err := one.value.Text(s)
		if err != nil {
			return "", fmt.Errorf("%s: %w", k.path, err)
		}
		if text == "" {
			continue
		}
		complete := true
		for _, part := range one.parts {
			found, err := part.Text(s)
			if err != nil {
				return "", fmt.Errorf("%s: %w", k.path, err)
			}
			if values.SpoiltNumber(found) {
				return "", spoilt(k.path, found)
			}
			complete = complete && found != ""
		}
		if values.SpoiltNumber(text) {
			return "", spoilt(k.path, text)
		}
		if complete {
			return text, nil
		}
	}
	return "", nil
}

// missing is the reason why k yields no name.
func (o *Orders) missing(k *key, what string) error {
	if names := o.notInPath(k.columns); len(names) > 0 {
		return fmt.Errorf("the %s has no id: %s (%s)", what, notGiven(names), k.path)
	}
	if len(k.columns) == 1 {
		return fmt.Errorf("the %s has no id: column %q is empty (%s)", what, k.columns[0], k.path)
	}
	return fmt.Errorf("the %s has no id: one of the columns %s is empty (%s)", what, quotedList(k.columns), k.path)
}

// notInPath are the names that are parts of the path, as watch has it, and that
// the path of this file does not give.
func (o *Orders) notInPath(names []string) (absent []string) {
	for _, name := range names {
		column := o.table != nil && o.table.header.Find(name) >= 0
		if !column && slices.Contains(o.m.captures, name) && o.file.Captures[name] == "" {
			absent = append(absent, name)
		}
	}
	return absent
}

// notGiven says so.
func notGiven(names []string) string {
	return quotedList(names) + " is a part of the path (watch), and the path of this file does not give it; put the file where the source watches"
}

func spoilt(path, text string) error {
	return fmt.Errorf("%s: %q is a long number that a spreadsheet cut short, and its digits are lost; "+
		"export the file again and do not save it from the spreadsheet, or import the column as text", path, text)
}

func quotedList(names []string) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", name)
	}
	return b.String()
}
