package service

import (
	"strings"
	"testing"
)

func TestUnit(t *testing.T) {
	text := Unit(Packaged())
	for _, line := range []string{
		"ConditionPathExists=/etc/funnelrelay/config.yaml",
		"ExecStart=/usr/bin/funnelrelay run --service --config /etc/funnelrelay/config.yaml",
		"Type=notify", "Restart=always", "RestartSec=2", "StartLimitIntervalSec=0", "WatchdogSec=60",
		"User=funnelrelay", "StateDirectory=funnelrelay funnelrelay-witness", "CapabilityBoundingSet=",
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %q in:\n%s", line, text)
		}
	}
	if strings.Contains(text, "@config") || strings.Contains(text, "@account") || strings.Contains(text, "@state") || strings.Contains(text, "@command") {
		t.Errorf("something was not put in:\n%s", text)
	}
}

// A data folder of one's own is made by install; systemd would make another.
func TestUnitElsewhere(t *testing.T) {
	text := Unit(Options{
		Executable: "/opt/our shop/funnelrelay", Config: `/etc/100% "till".yaml`, Data: "/srv/relay", Witness: "/srv/relay-witness",
		Account: "till", LowPort: true,
	})
	for _, line := range []string{
		`ExecStart="/opt/our shop/funnelrelay" run --service --config "/etc/100%% \"till\".yaml"`,
		`ConditionPathExists=/etc/100%% "till".yaml`,
		"AmbientCapabilities=CAP_NET_BIND_SERVICE", "User=till",
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %q in:\n%s", line, text)
		}
	}
	if strings.Contains(text, "StateDirectory") {
		t.Errorf("systemd is told of a folder that is not its own:\n%s", text)
	}
}

func TestCredentials(t *testing.T) {
	got := Credentials("/etc/funnelrelay/secrets", []string{"till", "api_key"})
	want := "[Service]\nLoadCredential=api_key:/etc/funnelrelay/secrets/api_key\nLoadCredential=till:/etc/funnelrelay/secrets/till\n"
	if !strings.HasSuffix(got, want) {
		t.Errorf("got %q", got)
	}
	if got := Credentials("/x", nil); got != "" {
		t.Errorf("no secrets: %q", got)
	}
}

func TestNewRefusesTemplates(t *testing.T) {
	for _, path := range []string{"/etc/{{Path}}.yaml", "/etc/a\nExecStart=b"} {
		if _, err := New(Options{Executable: "/usr/bin/funnelrelay", Config: path, Data: "/var/lib/funnelrelay", Account: "root"}); err == nil {
			t.Errorf("%q was taken", path)
		}
	}
}
