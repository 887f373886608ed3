package config_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/config"
	"funnelrelay/relay/event"
	"funnelrelay/relay/mapping"
)

// TestExampleCanBeMapped shows the example's entries to mapping, which knows
// columns, calculations and dates: what a person copies must work.
func TestExampleCanBeMapped(t *testing.T) {
	data, err := os.ReadFile("../../config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^(\s*)#((?:- )?[a-z_]+:)`).ReplaceAllString(string(data), "$1$2")
	text = strings.NewReplacer("${file:/etc/funnelrelay/api_key}", "key", "${env:FUNNELYTICS_PROJECT_ID}", "id", "${file:/etc/funnelrelay/mail_password}", "p").Replace(text)
	c, err := config.Parse("config.example.yaml", []byte(text), config.Env{})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range c.Sources {
		_, faults := mapping.New(&c.Sources[i], mapping.Options{Project: "shop", Rules: &event.Rules{}, Site: time.UTC})
		for _, f := range faults {
			t.Error(c.Problem("sources."+s.Name+"."+f.Path, f.Is, f.Write).Detail())
		}
	}
}
