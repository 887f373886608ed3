package service

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// odd is what people call folders, and what sh would make something else of.
const odd = `/srv/Käse & "Söhne"; $HOME 'till' *`

func oddOptions(lowPort bool) Options {
	return Options{
		Executable: odd + "/funnelrelay", Config: odd + "/config.yaml", Data: odd + "/data", Account: Name, LowPort: lowPort,
	}
}

// oddCommand is what a script must start.
var oddCommand = []string{odd + "/funnelrelay", "run", "--service", "--config", odd + "/config.yaml"}

// sh runs text where setpriv and start-stop-daemon do nothing but print their
// arguments, a line each, after what the daemon would find as its data folder.
func sh(t *testing.T, text string, args ...string) []string {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh on this system")
	}
	bin := t.TempDir()
	const stub = "#!/bin/sh\n[ \"$1\" != --help ] || { echo --reuid; exit; }\nprintf '%s\\n' \"$STATE_DIRECTORY\" \"$@\"\n"
	for _, name := range []string{"setpriv", "start-stop-daemon"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(stub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(shell, append([]string{"-s"}, args...)...)
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s\n%s", err, out, text)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// function is the text of a function of a script.
func function(t *testing.T, script, name string) string {
	t.Helper()
	_, text, found := strings.Cut(script, "\n"+name+"() {\n")
	text, _, closed := strings.Cut(text, "\n}\n")
	if !found || !closed {
		t.Fatalf("no function %s in:\n%s", name, script)
	}
	return text
}

func TestScriptsAreWhole(t *testing.T) {
	for name, text := range map[string]string{
		"SysV": sysV(oddOptions(false)), "SysV, low port": sysV(oddOptions(true)),
		"OpenRC": openRC(oddOptions(false)), "OpenRC, low port": openRC(oddOptions(true)),
	} {
		sh(t, "set -n\n"+text)
		for _, line := range strings.Split(text, "\n") {
			if !strings.HasPrefix(line, "#") && strings.Contains(line, "@") {
				t.Errorf("%s: something was not put in: %s", name, line)
			}
		}
	}
}

func TestSysVStarts(t *testing.T) {
	script := sysV(oddOptions(false))
	start := function(t, script, "start")
	want := slices.Concat([]string{odd + "/data", "--reuid=" + Name, "--regid=" + Name, "--init-groups"}, oddCommand)
	if got := sh(t, start); !slices.Equal(got, want) {
		t.Errorf("started:\n%q\nwanted:\n%q", got, want)
	}
	got := sh(t, function(t, sysV(oddOptions(true)), "start"))
	if !slices.Contains(got, "--ambient-caps=+net_bind_service") {
		t.Errorf("no right to a port below 1024: %q", got)
	}

	_, without, _ := strings.Cut(start, "fi\n")
	got = sh(t, "daemon=/run/x\nSTATE_DIRECTORY=\n"+without)
	want = append([]string{"", "--start", "--pidfile", "/run/x.none", "--chuid", Name + ":" + Name, "--startas", oddCommand[0], "--"}, oddCommand[1:]...)
	if !slices.Equal(got, want) {
		t.Errorf("started without setpriv:\n%q\nwanted:\n%q", got, want)
	}
}

// TestOpenRCStarts reads the variables as supervise-daemon.sh does: once more.
func TestOpenRCStarts(t *testing.T) {
	const read = "\neval setpriv $command -- $command_args\n"
	got := sh(t, openRC(oddOptions(false))+read)
	want := slices.Concat([]string{odd + "/data", oddCommand[0], "--"}, oddCommand[1:])
	if !slices.Equal(got, want) {
		t.Errorf("started:\n%q\nwanted:\n%q", got, want)
	}
	got = sh(t, openRC(oddOptions(true))+read)
	want = slices.Concat([]string{
		odd + "/data", "setpriv", "--", "--reuid=" + Name, "--regid=" + Name, "--init-groups",
		"--inh-caps=+net_bind_service", "--ambient-caps=+net_bind_service",
	}, oddCommand)
	if !slices.Equal(got, want) {
		t.Errorf("started with a low port:\n%q\nwanted:\n%q", got, want)
	}
}
