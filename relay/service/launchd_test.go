package service

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// properties reads a property list: the texts of each key, in order.
func properties(t *testing.T, text string) map[string][]string {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	found := map[string][]string{}
	var key string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatalf("%v in:\n%s", err, text)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch name := start.Name.Local; name {
		case "true", "false":
			found[key] = append(found[key], name)
		case "key", "string", "integer":
			var value string
			if err := d.DecodeElement(&value, &start); err != nil {
				t.Fatal(err)
			}
			if name == "key" {
				key = value
			} else {
				found[key] = append(found[key], value)
			}
		}
	}
}

func TestLaunchd(t *testing.T) {
	const odd = `/Library/Application Support/Käse & "Söhne" <1> 'till'`
	got := properties(t, launchd(Options{
		Executable: odd + "/funnelrelay", Config: odd + "/config.yaml", Data: odd + "/data", Account: "till & co",
	}))
	for key, want := range map[string][]string{
		"Label":            {Name},
		"ProgramArguments": {odd + "/funnelrelay", "run", "--service", "--config", odd + "/config.yaml"},
		"UserName":         {"till & co"},
		"STATE_DIRECTORY":  {odd + "/data"},
		"RunAtLoad":        {"true"},
		"KeepAlive":        {"true"},
		"ThrottleInterval": {"2"},
		"ExitTimeOut":      {"30"},
		"Umask":            {"7"},
		"NumberOfFiles":    {"65536"},
	} {
		if !slices.Equal(got[key], want) {
			t.Errorf("%s is %q, and not %q", key, got[key], want)
		}
	}
}
