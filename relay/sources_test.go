package relay_test

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
)

// A file in a folder of drop is read as the action that the folder is called
// like, and any other one as sales.
func TestFileSourceByFolder(t *testing.T) {
	cfg := config.Default()
	cfg.Data = t.TempDir()
	shop := config.DefaultProject()
	shop.Name = "shop"
	cfg.Projects = config.Projects{shop}
	data := cfg.Data
	if runtime.GOOS == "windows" {
		data = strings.ToUpper(data)
	}
	for path, action := range map[string]string{
		"drop/Lead/a.csv": "Lead", "drop/Lead/done/a.csv": "__commerce_action__", "drop/a.csv": "__commerce_action__", "a.csv": "__commerce_action__",
		"drop/Zu%2Fsage/a.csv": "Zu/sage",
	} {
		way, err := relay.FileSource(cfg, filepath.Join(data, filepath.FromSlash(path)), relay.FileChoice{})
		if err != nil || !strings.HasSuffix(way.Says, "action "+action) {
			t.Errorf("%s: %+v, %v", path, way, err)
		}
	}
}
