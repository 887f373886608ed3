package notify

import (
	"fmt"
	"strings"
	"time"

	"funnelrelay/relay/alarm"
)

// State is what a Notice says of its alarm.
type State string

// The states.
const (
	Open State = "open"
	Over State = "over"
	Test State = "test" // no alarm: somebody tries whether a notice arrives
)

// Notice is what is told of one alarm, as JSON for webhooks and commands.
type Notice struct {
	State   State     `json:"state"`
	Name    string    `json:"name"` // dead/shop
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until,omitzero"` // of one that is over
	Text    string    `json:"text"`           // all of it in one text, as a chat shows it
	What    string    `json:"what"`           // what is wrong
	Do      string    `json:"do,omitempty"`   // what a person can do about it
	Again   bool      `json:"again"`          // it was told before, and is still open
	Site    string    `json:"site"`
	Version string    `json:"version"`
}

// notice is what is told of an open alarm.
func (t *teller) notice(a *alarm.Alarm, again bool) Notice {
	n := Notice{
		State: Open, Name: a.Name, Since: a.Since.Round(0).In(t.settings.Zone), What: a.Text, Do: a.Do, Again: again,
		Site: t.settings.Site, Version: t.o.Version,
	}
	head := n.Site
	if again {
		head += ", since " + stamp(n.Since)
	}
	n.Text = head + ": " + n.What
	if n.Do != "" {
		n.Text += "\nWhat to do: " + n.Do
	}
	return n
}

// overNotice is what is told of an alarm that is over.
func (t *teller) overNotice(name string, m *mark) Notice {
	n := Notice{
		State: Over, Name: name, Since: m.Since.In(t.settings.Zone), Until: m.over.In(t.settings.Zone), What: m.What, Site: t.settings.Site, Version: t.o.Version,
	}
	n.Text = fmt.Sprintf("%s: over, after %s: %s", n.Site, lasted(n.Until.Sub(n.Since)), n.What)
	return n
}

// testNotice is what is told for a test.
func testNotice(site, version string) Notice {
	n := Notice{
		State: Test, Name: "test", Since: time.Now().Round(0), What: "this is a test: alarms of funnelrelay arrive here",
		Site: site, Version: version,
	}
	n.Text = n.Site + ": " + n.What
	return n
}

func stamp(at time.Time) string { return at.Format("2006-01-02 15:04") }

// lasted says roughly how long.
func lasted(d time.Duration) string {
	switch d = max(d, 0); {
	case d < 2*time.Minute:
		return d.Round(time.Second).String()
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// clip bounds a text from elsewhere, and puts it into one line.
func clip(text string, most int) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ")
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return text
}
