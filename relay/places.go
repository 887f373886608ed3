package relay

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"funnelrelay/relay/config"
	"funnelrelay/relay/ingest"
)

// Places is what a config makes the relay use of the machine: the folders, and
// the port.
type Places struct {
	Data    string   // the relay's alone
	Witness string   // beside Data, the relay's alone
	Drop    string   // in Data; people and tills write into it
	Watched []string // folders of the sources that are not in Data, below which files may lie
	Port    string   // that other machines can reach; "": none can
	LowPort bool     // the relay listens below 1024, where Unix wants a right for it
}

// PlacesOf are the places of a config that was checked.
func PlacesOf(cfg *config.Config) Places {
	p := Places{Data: cfg.Data, Witness: WitnessFolder(cfg), Drop: dropPath(cfg)}
	for i := range cfg.Sources {
		globs, _ := watchPatterns(cfg, &cfg.Sources[i])
		for _, glob := range globs {
			root := filepath.Clean(glob.Root())
			if within, err := filepath.Rel(p.Data, root); err == nil && within != ".." && !strings.HasPrefix(within, ".."+string(filepath.Separator)) {
				continue
			}
			if !slices.Contains(p.Watched, root) {
				p.Watched = append(p.Watched, root)
			}
		}
	}
	port := cfg.Listen[strings.LastIndex(cfg.Listen, ":")+1:]
	if !ingest.IsLoopback(cfg.Listen) {
		p.Port = port
	}
	n, err := strconv.ParseUint(port, 10, 16)
	p.LowPort = err == nil && n > 0 && n < 1024
	return p
}

// WitnessFolder is the folder outside of the data folder, in which it is kept
// how far the spool has come: what brings an older spool back does not bring
// that back.
func WitnessFolder(cfg *config.Config) string { return filepath.Clean(cfg.Data) + "-witness" }
