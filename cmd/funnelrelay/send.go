package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

type sendFlags struct {
	action, project, key string
	set                  []string
	wait                 time.Duration
}

func (a *app) send() *cobra.Command {
	var f sendFlags
	cmd := &cobra.Command{
		Use:   "send [FILE|-]",
		Short: "Hand one event, or a batch, to the running relay",
		Long: `send posts a JSON object, array or NDJSON from a file or standard input to the
running relay, or makes an object of --set flags. It repeats the request under
one key until the relay has answered, so that the event is taken once.

  funnelrelay send --action Lead --set email=ann@example.com --set carBrand=Fiat
  funnelrelay send sale.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 1 && len(f.set) > 0 || len(args) == 0 && len(f.set) == 0 {
				return usagef("name one file, or - for standard input, or give --set flags")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			body, err := a.eventBody(args, f.set)
			if err != nil {
				return err
			}
			return a.sendBody(cmd.Context(), body, f)
		},
	}
	cmd.Flags().StringVar(&f.action, "action", "", "name of the action (default __commerce_action__ for a body with purchase_data)")
	cmd.Flags().StringVar(&f.project, "project", "", "name of the project (default: the first)")
	cmd.Flags().StringVar(&f.key, "key", "", "Idempotency-Key (default: a new one)")
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "a field of the event, NAME=VALUE; may be repeated")
	cmd.Flags().DurationVar(&f.wait, "wait", 30*time.Second, "how long to repeat without an answer")
	return cmd
}

// eventBody is the body from a file, standard input or --set flags.
func (a *app) eventBody(args, set []string) ([]byte, error) {
	switch {
	case len(args) == 1 && args[0] == "-":
		return io.ReadAll(a.in)
	case len(args) == 1:
		return os.ReadFile(args[0])
	}
	var b bytes.Buffer
	for i, pair := range set {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, usagef("--set %s: write NAME=VALUE", pair)
		}
		n, _ := json.Marshal(name) // a string can always be marshalled
		v, _ := json.Marshal(value)
		fmt.Fprintf(&b, "%s%s:%s", [2]string{",", "{"}[btoi(i == 0)], n, v)
	}
	b.WriteString("}")
	return b.Bytes(), nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (a *app) sendBody(ctx context.Context, body []byte, f sendFlags) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	c, err := newClient(cfg)
	if err != nil {
		return err
	}
	project := cfg.Projects[0]
	if f.project != "" {
		var ok bool
		if project, ok = cfg.Projects.Get(f.project); !ok {
			return usagef("project %s is not in the config", f.project)
		}
	}
	if f.action == "" {
		if !bytes.Contains(body, []byte(`"purchase_data"`)) {
			return usagef("--action is needed: only a body with purchase_data has a default")
		}
		f.action = "__commerce_action__"
	}
	if f.key == "" {
		f.key = rand.Text()
	}
	header := http.Header{
		"Content-Type": {contentType(body)}, "Idempotency-Key": {f.key},
		"X-Project-Id": {project.ProjectID}, "X-Api-Key": {project.APIKey.Reveal()},
	}
	if len(cfg.HTTP.Auth.Tokens) > 0 {
		header.Set("Authorization", "Bearer "+cfg.HTTP.Auth.Tokens[0].Reveal())
	}
	answer, err := c.post(ctx, "/api/v1/webhook/"+url.PathEscape(f.action), header, body, f.wait)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s\n", bytes.TrimSpace(answer))
	return err
}

// contentType tells NDJSON from one JSON value.
func contentType(body []byte) string {
	if json.Valid(body) || !bytes.Contains(bytes.TrimSpace(body), []byte("\n")) {
		return "application/json"
	}
	first, _, _ := bytes.Cut(bytes.TrimSpace(body), []byte("\n"))
	if json.Valid(first) {
		return "application/x-ndjson"
	}
	return "application/json"
}

// post repeats a request under its key until there is an answer, or wait is
// over. What was refused is not repeated.
func (c *client) post(ctx context.Context, path string, header http.Header, body []byte, wait time.Duration) ([]byte, error) {
	end := time.Now().Add(wait)
	for pause := 200 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		answer, again, err := c.postOnce(ctx, path, header, body)
		if err == nil || !again || time.Now().Add(pause).After(end) {
			return answer, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		}
	}
}

func (c *client) postOnce(ctx context.Context, path string, header http.Header, body []byte) (answer []byte, again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, false, err
	}
	req.Header = header
	res, err := c.http.Do(req)
	if err != nil {
		return nil, true, notRunning(err)
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(res.Body, 16<<20))
	switch {
	case err != nil:
		return nil, true, err
	case res.StatusCode/100 == 2:
		return answer, false, nil
	}
	again = res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests
	return nil, again, fmt.Errorf("the relay answered %s: %s", res.Status, told(answer))
}
