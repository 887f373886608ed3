package service

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPrepare(t *testing.T) {
	folder := t.TempDir()
	program := filepath.Join(os.Getenv("ProgramFiles"), Name, Name+".exe")
	options := Options{
		Executable: program, Config: filepath.Join(folder, Name, "config.yaml"), Data: filepath.Join(folder, Name), Account: DefaultAccount(),
	}
	options.Drop = filepath.Join(options.Data, "drop")
	options.Witness = options.Data + "-witness"
	watched := filepath.Join(folder, "exports")
	if err := os.Mkdir(watched, 0o700); err != nil {
		t.Fatal(err)
	}
	options.Watched = []string{watched, filepath.Join(folder, "none"), `\\server\till`}
	s := &Service{o: options}
	for range 2 {
		warnings, err := s.prepare()
		if err != nil {
			t.Skipf("this process may not give folders away: %v", err)
		}
		for _, place := range []string{options.Data, options.Drop, options.Witness} {
			if info, err := os.Stat(place); err != nil || !info.IsDir() {
				t.Errorf("%s was not made: %v", place, err)
			}
		}
		text := strings.Join(warnings, "\n")
		for _, want := range []string{"none: is not there yet", `\\server\till: on the other machine`} {
			if !strings.Contains(text, want) {
				t.Errorf("the warnings do not hold %q:\n%s", want, text)
			}
		}
	}

	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"a letter that is not there": {func(o *Options) { o.Watched = []string{`Q:\exports`} }, `write it as \\server\share\folder`},
		"a download":                 {func(o *Options) { o.Executable = filepath.Join(home, "Downloads", "funnelrelay.exe") }, "the folder of a user"},
		"a folder of others":         {func(o *Options) { o.Data = folder }, "of its own"},
	} {
		o := options
		row.change(&o)
		if _, err := (&Service{o: o}).prepare(); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %s", name, err, row.want)
		}
	}
}

func TestCommandLine(t *testing.T) {
	got := commandLine(Options{Executable: `C:\Program Files\funnelrelay\funnelrelay.exe`, Config: `C:\Program Data\config.yaml`})
	if want := `"C:\Program Files\funnelrelay\funnelrelay.exe" run --service --config "C:\Program Data\config.yaml"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestRule opens one port for one program.
func TestRule(t *testing.T) {
	got := (&Service{o: Options{Executable: `C:\a b\f.exe`, Port: "8787"}}).rule()
	for _, want := range []string{"dir=in", "action=allow", `program=C:\a b\f.exe`, "protocol=TCP", "localport=8787", "name=funnelrelay"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q lacks %s", got, want)
		}
	}
}

// TestRecovery wants a service that comes back for ever.
func TestRecovery(t *testing.T) {
	actions, reset := recovery()
	if len(actions) != 3 || actions[0].Delay != 5*time.Second || actions[2].Delay != time.Minute || reset != 24*time.Hour {
		t.Errorf("got %v, %v", actions, reset)
	}
}
