package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Command runs a program for each notice, without a shell.
type Command struct {
	Words []string // the program's whole path, and its arguments

	// Hidden are arguments that may be secret.
	Hidden []string
}

// Tell runs the program for one notice after the other.
func (c *Command) Tell(ctx context.Context, list []Notice) (arrived int, err error) {
	for i := range list {
		if err := c.run(ctx, &list[i]); err != nil {
			return i, err
		}
	}
	return len(list), nil
}

func (c *Command) run(ctx context.Context, n *Notice) error {
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, tellTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Words[0], c.Words[1:]...) //nolint:gosec // the config names it
	cmd.Dir = filepath.Dir(c.Words[0])                          // a service's own is system32
	cmd.Stdin = bytes.NewReader(append(body, '\n'))
	cmd.Env = append(os.Environ(), environment(n)...)
	var said tail
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = 2 * time.Second // for children that keep its output open
	hideWindow(cmd)
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return nil
	}
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		err = fmt.Errorf("it ended with %s", failed.ProcessState)
		if text := clip(hide(string(said), c.Hidden), 150); text != "" {
			err = fmt.Errorf("%w: %s", err, text)
		}
	} else if path := (*os.PathError)(nil); errors.As(err, &path) {
		err = path.Err
	}
	return err
}

// environment is a notice for a program that reads no JSON.
func environment(n *Notice) []string {
	until := ""
	if !n.Until.IsZero() {
		until = n.Until.Format(time.RFC3339)
	}
	list := []string{
		"STATE=" + string(n.State), "NAME=" + n.Name, "TEXT=" + n.Text, "WHAT=" + n.What, "DO=" + n.Do,
		"SITE=" + n.Site, "SINCE=" + n.Since.Format(time.RFC3339), "UNTIL=" + until,
	}
	for i := range list {
		list[i] = "FUNNELRELAY_ALARM_" + string(bytes.ReplaceAll([]byte(list[i]), []byte{0}, nil))
	}
	return list
}

// tail keeps the first part of what a program writes.
type tail []byte

func (t *tail) Write(p []byte) (int, error) {
	*t = append(*t, p[:min(len(p), 1<<10-len(*t))]...)
	return len(p), nil
}

func (c *Command) String() string { return "the command " + filepath.Base(c.Words[0]) }

func (c *Command) secrets() []string { return c.Hidden }
