package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// program is what is measured.
type program struct {
	name    string // relay or reference
	path    string // of a POST to it
	isRelay bool

	// command is how it is started on dir, before the upstream at url, and the
	// address of its port; "" means that its log names it.
	command func(ctx context.Context, dir, url string, k keep) (cmd *exec.Cmd, address string, err error)
}

// keep is what the relay is told to keep, as its config writes it; "" is its
// default.
type keep struct {
	sent, keys, repeats, size string

	sources string // the drop folders, as the config writes them
	hold    bool   // bodies that break the contract, as dead
}

// yaml is the part of the config that says so.
func (k keep) yaml() string {
	text := ""
	if k.repeats != "" {
		text += "    repeat_window: " + k.repeats + "\n" // belongs to the project
	}
	if k.hold {
		text += "    invalid: hold\n" // so does this
	}
	text += "spool:\n  keep_sent: " + cmp.Or(k.sent, "30d") + "\n"
	if k.keys != "" {
		text += "  keep_keys: " + k.keys + "\n"
	}
	if k.size != "" {
		text += "  max_size: " + k.size + "\n"
	}
	return text + k.sources
}

// relayConfig lacks the data folder, the upstream's URL and the connections;
// what is to be kept follows.
const relayConfig = `listen: 127.0.0.1:0
data: %q
log:
  format: json
projects:
  shop:
    project_id: account-1
    api_key: secret-of-a-benchmark
    url: %s
    connections: %d
`

// relayProgram is the built relay.
func relayProgram(binary string) program {
	return program{
		name: "relay", path: "/api/v1/webhook/__commerce_action__", isRelay: true,
		command: func(ctx context.Context, dir, url string, k keep) (*exec.Cmd, string, error) {
			config := filepath.Join(dir, "config.yaml")
			text := fmt.Sprintf(relayConfig, filepath.Join(dir, "data"), url, manyConnections) + k.yaml()
			if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
				return nil, "", err
			}
			return exec.CommandContext(ctx, binary, "run", "--config", config), "", nil
		},
	}
}

// referenceProgram is one that takes POST /events on -addr, keeps each event
// in the file -spool, and posts it to -upstream over -workers connections.
func referenceProgram(binary string) program {
	return program{
		name: "reference", path: "/events",
		command: func(ctx context.Context, dir, url string, _ keep) (*exec.Cmd, string, error) {
			address, err := freeAddress(referencePorts)
			cmd := exec.CommandContext(ctx, binary, "-addr", address, "-spool", filepath.Join(dir, "reference.db"),
				"-upstream", url+"/api/v1/webhook/__commerce_action__", "-workers", fmt.Sprint(manyConnections))
			return cmd, address, err
		},
	}
}

// spoolFile is where the relay has its spool.
func spoolFile(dir string) string { return filepath.Join(dir, "data", "spool.db") }
