package config

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

// EnvName is the environment variable that names the config file.
const EnvName = "FUNNELRELAY_CONFIG"

// Find is the path of the config file: what $FUNNELRELAY_CONFIG says, whether
// it is there or not, else the first of Places that is there; "" if none is.
func Find() string {
	if named := os.Getenv(EnvName); named != "" {
		return named
	}
	for _, path := range Places() {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path
		}
	}
	return ""
}

// Places are where a config file is looked for, in this order; the last is the
// system's own place, where a service has it.
func Places() []string { return places(thisSystem()) }

// system is what default places depend on.
type system struct {
	goos   string
	root   bool
	getenv func(string) string
	home   string
}

func thisSystem() system {
	home, _ := os.UserHomeDir()
	return system{runtime.GOOS, os.Geteuid() == 0, os.Getenv, home}
}

func places(s system) []string {
	list := []string{"funnelrelay.yaml"}
	switch s.goos {
	case "windows":
		return append(list, filepath.Join(programData(s), "funnelrelay", "config.yaml"))
	case "darwin":
		if s.home != "" && !s.root {
			list = append(list, filepath.Join(s.home, "Library/Application Support/funnelrelay/config.yaml"))
		}
		return append(list, "/Library/Application Support/funnelrelay/config.yaml")
	}
	if s.root {
		return append(list, "/etc/funnelrelay/config.yaml")
	}
	if folder := s.getenv("XDG_CONFIG_HOME"); filepath.IsAbs(folder) {
		list = append(list, filepath.Join(folder, "funnelrelay/config.yaml"))
	} else if s.home != "" {
		list = append(list, filepath.Join(s.home, ".config/funnelrelay/config.yaml"))
	}
	return append(list, "/etc/funnelrelay/config.yaml")
}

// dataFolder is the default of data.
func dataFolder(s system) string {
	// systemd names the folder that StateDirectory= made; so do the service's
	// other ways of being started, as its account has no folder of its own.
	if folder := s.getenv("STATE_DIRECTORY"); s.goos != "windows" && filepath.IsAbs(folder) {
		return filepath.SplitList(folder)[0]
	}
	switch {
	case s.goos == "windows":
		return filepath.Join(programData(s), "funnelrelay")
	case s.goos == "darwin" && (s.root || s.home == ""):
		return "/Library/Application Support/funnelrelay"
	case s.goos == "darwin":
		return filepath.Join(s.home, "Library/Application Support/funnelrelay")
	case s.root:
		return "/var/lib/funnelrelay"
	}
	if folder := s.getenv("XDG_STATE_HOME"); filepath.IsAbs(folder) {
		return filepath.Join(folder, "funnelrelay")
	}
	if s.home != "" {
		return filepath.Join(s.home, ".local/state/funnelrelay")
	}
	return "/var/lib/funnelrelay"
}

func programData(s system) string {
	if folder := s.getenv("ProgramData"); folder != "" {
		return folder
	}
	return `C:\ProgramData`
}

// defaultMaxSize is the default of spool.max_size: a 32-bit process can map no
// more than 2 GB.
func defaultMaxSize() Size {
	if strconv.IntSize == 32 {
		return 512 * megabyte
	}
	return 2000 * megabyte
}
