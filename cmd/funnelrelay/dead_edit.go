package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"funnelrelay/relay/control"
)

// editFlags are how a body is changed, and what else is.
type editFlags struct {
	set, unset      []string
	file            string
	action, project string
	force, asJSON   bool
}

func (f *editFlags) scripted() bool {
	return f.file != "" || len(f.set) > 0 || len(f.unset) > 0 || f.action != "" || f.project != ""
}

func (a *app) deadEdit() *cobra.Command {
	var f editFlags
	cmd := &cobra.Command{
		Use: "edit ID", Short: "Correct a dead event, and send it",
		Long: `edit opens the body of a dead event in your editor ($VISUAL, $EDITOR; notepad on
Windows). What you save is checked like a new event's body, accepted as a new
event that is linked to the old one, and the old one is discarded. Flags change
it without an editor.

A dead event that may have arrived needs --force: its correction would be a
second one upstream. To send it again as it is, retry is safe.`,
		Example: `  funnelrelay dead edit 2a
  funnelrelay dead edit 2a --set /purchase_data/0/__currency__=EUR
  funnelrelay dead edit 2a --file corrected.json`,
		Args: exactly(1, "name the id of one event"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.editEvent(cmd.Context(), args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.set, "set", nil, "NAME=VALUE or /POINTER=VALUE; may be repeated")
	flags.StringArrayVar(&f.unset, "unset", nil, "NAME or /POINTER to take out; may be repeated")
	flags.StringVar(&f.file, "file", "", "take the whole body from this file; - is standard input")
	flags.StringVar(&f.action, "to-action", "", "send it as another action")
	flags.StringVar(&f.project, "to-project", "", "send it to another project")
	flags.BoolVar(&f.force, "force", false, "though it may have arrived")
	flags.BoolVar(&f.asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) editEvent(ctx context.Context, arg string, f editFlags) (err error) {
	id, err := eventID(arg)
	if err != nil {
		return err
	}
	c, err := a.api(ctx)
	if err != nil {
		return err
	}
	defer closing(c, &err)
	answer, err := c.get(ctx, "/api/v1/events/"+id, nil)
	if err != nil {
		return err
	}
	var e control.EventDetail
	if err := json.Unmarshal(answer, &e); err != nil {
		return fmt.Errorf("the relay's answer: %w", err)
	}
	switch {
	case e.MayEdit != "":
		return fmt.Errorf("event %s cannot be edited: %s", id, e.MayEdit)
	case !f.force && slices.Contains(e.Flags, "may-have-arrived"):
		return fmt.Errorf("event %s may have arrived: an attempt ended without an answer that says no, and its correction would be a second event upstream; `funnelrelay dead retry %s` sends the same bytes again, which is safe; or say --force", id, id)
	}
	var body []byte
	if f.scripted() {
		body, err = a.changedBody(&e, f)
	} else {
		body, err = a.editedBody(ctx, c, &e)
	}
	if err != nil || body == nil {
		return err
	}
	edit := control.Edit{Body: body, Action: f.action, Project: f.project, Force: f.force}
	answer, err = c.post(ctx, "/api/v1/events/"+id+"/edit", edit)
	if err != nil {
		return err
	}
	return result(a, f.asJSON, answer, func(d *control.Decided) {
		fmt.Fprintf(a.out, "event %s takes the place of %s, and is sent\n", d.NewID, d.ID)
	})
}

// changedBody is the body as the flags change it.
func (a *app) changedBody(e *control.EventDetail, f editFlags) (body []byte, err error) {
	switch f.file {
	case "":
		body = []byte(e.Body)
	case "-":
		body, err = io.ReadAll(a.in)
	default:
		body, err = os.ReadFile(f.file)
	}
	if err != nil {
		return nil, err
	}
	for _, pair := range f.set {
		at, text, ok := strings.Cut(pair, "=")
		if !ok || at == "" {
			return nil, usagef("--set %s: write NAME=VALUE, or /POINTER=VALUE as in /purchase_data/0/__currency__=EUR", pair)
		}
		if body, err = setValue(body, at, assigned(text, valueAt(body, at))); err != nil {
			return nil, usagef("--set %w", err)
		}
	}
	for _, at := range f.unset {
		if body, err = setValue(body, at, nil); err != nil {
			return nil, usagef("--unset %w", err)
		}
	}
	return oneLine(body)
}

// oneLine takes out the white space that makes a body readable.
func oneLine(body []byte) ([]byte, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, bytes.TrimPrefix(bytes.TrimSpace(body), []byte("\ufeff"))); err != nil {
		return nil, fmt.Errorf("the body is no JSON: %w", err)
	}
	return b.Bytes(), nil
}

// editedBody lets a person change the body, until it is legal or given up: nil
// then, and no error.
func (a *app) editedBody(ctx context.Context, c *api, e *control.EventDetail) ([]byte, error) {
	file, err := os.CreateTemp("", "funnelrelay-"+e.ID+"-*.json")
	if err != nil {
		return nil, err
	}
	path := file.Name()
	defer func() { _ = os.Remove(path) }()
	if err := file.Close(); err != nil {
		return nil, err
	}
	var pretty bytes.Buffer
	if json.Indent(&pretty, []byte(e.Body), "", "  ") != nil {
		pretty.Reset()
		pretty.WriteString(e.Body)
	}
	text, faults := pretty.String(), []string{"dead: " + e.Cause}
	for {
		saved, err := a.edit(ctx, path, text, faults)
		if err != nil {
			return nil, err
		}
		if strings.TrimSpace(saved) == "" || strings.TrimSpace(saved) == strings.TrimSpace(pretty.String()) {
			fmt.Fprintln(a.err, "nothing was changed: the event stays as it is")
			return nil, nil
		}
		body, found, err := c.check(ctx, e, saved)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return body, nil
		}
		for _, f := range found {
			fmt.Fprintln(a.err, clean(f))
		}
		if !a.asks() || !a.yes("Edit it again?", true) {
			return nil, errors.New("the body would be refused, and nothing was done")
		}
		text, faults = saved, found
	}
}

// check says what is wrong with a body, before anything is decided.
func (c *api) check(ctx context.Context, e *control.EventDetail, text string) (body []byte, faults []string, err error) {
	body, err = oneLine([]byte(text))
	if err != nil {
		return nil, []string{err.Error()}, nil
	}
	query := url.Values{"project": {e.Project}, "action": {e.Action}}
	reader, err := c.open(ctx, http.MethodPost, withQuery("/api/v1/events/check", query), bytes.NewReader(body), "application/json")
	answer, err := c.all(reader, err)
	if err != nil {
		return nil, nil, err
	}
	var checked control.Checked
	if err := json.Unmarshal(answer, &checked); err != nil {
		return nil, nil, fmt.Errorf("the relay's answer: %w", err)
	}
	for _, f := range checked.Errors {
		faults = append(faults, strings.TrimPrefix(f.Pointer+": ", ": ")+f.Detail)
	}
	if !checked.OK && len(faults) == 0 {
		faults = []string{"the body breaks the webhook's contract"}
	}
	return body, faults, nil
}
