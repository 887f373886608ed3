package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"funnelrelay/relay/control"
)

func (a *app) events() *cobra.Command {
	cmd := family("events", "Find and show events", a.eventsList(), a.eventsFind(), a.eventsShow(), a.eventsPurge())
	cmd.Example = `  funnelrelay events find 1001
  funnelrelay events list --state pending --from yesterday`
	return cmd
}

// family is a command that has only commands.
func family(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("unknown command %q; see %s --help", args[0], cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, c := range commands {
		if c.Args == nil {
			c.Args = noArgs
		}
		cmd.AddCommand(c)
	}
	return cmd
}

// listFlags are those of a list of events.
type listFlags struct {
	queryFlags
	all, asJSON bool
}

func (f *listFlags) add(cmd *cobra.Command, state bool) {
	f.queryFlags.add(cmd, state)
	cmd.Flags().IntVar(&f.Limit, "limit", 50, "how many, from 1 to 500")
	cmd.Flags().BoolVar(&f.all, "all", false, "all of them, and not only the newest")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
}

func (a *app) eventsList() *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List events, the newest first",
		Long:  "list shows the newest events that the flags select; all that is given must hold.",
		Example: `  funnelrelay events list --state dead
  funnelrelay events list --email ann@example.com --from 2026-11-01 --to 2026-11-30`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listEvents(cmd.Context(), f) },
	}
	f.add(cmd, true)
	return cmd
}

func (a *app) eventsFind() *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{
		Use:   "find TEXT",
		Short: "Find events by order number, email, session, article or id",
		Example: `  funnelrelay events find 1001
  funnelrelay events find ann@example.com --from 7d`,
		Args: exactly(1, "name what to look for: an order number, an email, a session, an article (SKU) or an id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Any = args[0]
			return a.listEvents(cmd.Context(), f)
		},
	}
	f.add(cmd, true)
	return cmd
}

// exactly wants so many arguments, and says what they are.
func exactly(n int, say string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usagef("%s: %s", cmd.CommandPath(), say)
		}
		return nil
	}
}

func (a *app) listEvents(ctx context.Context, f listFlags) (err error) {
	if f.Limit < 1 || f.Limit > 500 {
		return usagef("--limit %d: write a number from 1 to 500, or --all", f.Limit)
	}
	c, err := a.api(ctx)
	if err != nil {
		return err
	}
	defer closing(c, &err)
	q, err := f.query(c.zone)
	if err != nil {
		return err
	}
	if f.all {
		q.Limit = 500
	}
	list := &eventList{a: a, api: c, asJSON: f.asJSON}
	for {
		answer, err := c.get(ctx, "/api/v1/events", parameters(q))
		if err != nil {
			return err
		}
		var page struct {
			control.EventPage
			Raw []json.RawMessage `json:"events"`
		}
		if err := json.Unmarshal(answer, &page); err != nil {
			return fmt.Errorf("the relay's answer: %w", err)
		}
		more := f.all && page.Next != ""
		if err := list.page(page.Raw, more); err != nil {
			return err
		}
		if more {
			q.Cursor = page.Next
			continue
		}
		return list.end(page.EventPage)
	}
}

// closing gives the spool back, and keeps the error of that.
func closing(c *api, err *error) {
	if closed := c.Close(); *err == nil {
		*err = closed
	}
}

// eventList prints pages of events as they come, so that a million of them need
// no memory.
type eventList struct {
	a      *app
	api    *api
	asJSON bool
	shown  int
}

func (l *eventList) page(events []json.RawMessage, more bool) error {
	if l.asJSON {
		for _, e := range events {
			before := ",\n    "
			if l.shown == 0 {
				before = "{\n  \"events\": [\n    "
			}
			l.shown++
			var b bytes.Buffer
			if err := json.Indent(&b, e, "    ", "  "); err != nil {
				return fmt.Errorf("the relay's answer: %w", err)
			}
			if _, err := fmt.Fprint(l.a.out, before, b.String()); err != nil {
				return err
			}
		}
		return nil
	}
	t := newGrid("id", "accepted", "state", "project", "source", "action", "order", "amount", "who", "reason")
	for _, raw := range events {
		var e control.Event
		if err := json.Unmarshal(raw, &e); err != nil {
			return fmt.Errorf("the relay's answer: %w", err)
		}
		l.shown++
		t.add(e.ID, l.api.at(e.Accepted), stateOf(&e), e.Project, e.Source, e.Action, e.Order, moneys(e.Totals), who(&e), reasonOf(&e))
	}
	if len(t.rows) > 1 {
		t.print(l.a.out, l.a.width())
	}
	return nil
}

// end closes the list, and says what is not in it.
func (l *eventList) end(last control.EventPage) error {
	if l.asJSON {
		after := "\n  ]"
		if l.shown == 0 {
			after = "{\n  \"events\": []"
		}
		if last.Next != "" {
			after += fmt.Sprintf(",\n  \"next\": %q", last.Next)
		}
		if !last.SearchedTo.IsZero() {
			after += fmt.Sprintf(",\n  \"searched_to\": %q", last.SearchedTo.Format("2006-01-02T15:04:05Z07:00"))
		}
		_, err := fmt.Fprintln(l.a.out, after+"\n}")
		return err
	}
	switch {
	case !last.SearchedTo.IsZero():
		fmt.Fprintf(l.a.err, "the search took long: it looked back to %s; --all goes on\n", l.api.at(last.SearchedTo))
	case last.Next != "":
		fmt.Fprintln(l.a.err, "there are more: --limit 500, --all, or flags that select fewer")
	case l.shown == 0:
		fmt.Fprintln(l.a.err, "there is no such event")
	}
	return nil
}

func stateOf(e *control.Event) string {
	if e.BeingSent {
		return e.State + ", being sent"
	}
	return e.State
}

func who(e *control.Event) string {
	if e.Email == "" && e.Session != "" {
		return "session " + e.Session
	}
	return e.Email
}

// reasonOf is why an event waits or is dead, or what is special about it.
func reasonOf(e *control.Event) string {
	parts := make([]string, 0, 3)
	for _, text := range []string{e.Cause, e.Unreadable, strings.Join(e.Flags, ", ")} {
		if text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "; ")
}

func (a *app) eventsShow() *cobra.Command {
	var asJSON, body bool
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show all that is known of one event",
		Long:  "show prints an event, its attempts and its body. The zeros at the front of the id may be left out.",
		Example: `  funnelrelay events show 2a
  funnelrelay events show 2a --body > body.json     the exact bytes`,
		Args: exactly(1, "name the id of one event"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.showEvent(cmd.Context(), args[0], asJSON, body)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&body, "body", false, "print the body only, byte by byte")
	return cmd
}

func (a *app) showEvent(ctx context.Context, arg string, asJSON, body bool) (err error) {
	id, err := eventID(arg)
	if err != nil {
		return err
	}
	c, err := a.api(ctx)
	if err != nil {
		return err
	}
	defer closing(c, &err)
	if body {
		return c.stream(ctx, "/api/v1/events/"+id+"/body", nil, a.out)
	}
	answer, err := c.get(ctx, "/api/v1/events/"+id, nil)
	if err != nil {
		return err
	}
	return result(a, asJSON, answer, func(e *control.EventDetail) { a.printEvent(c, e) })
}

func (a *app) printEvent(c *api, e *control.EventDetail) {
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(a.out, "%-10s %s\n", name, clean(value))
		}
	}
	ended := ""
	if !e.Ended.IsZero() {
		ended = " since " + c.at(e.Ended)
	}
	line("event", e.ID)
	line("state", stateOf(&e.Event)+ended)
	line("reason", e.Cause)
	line("flags", strings.Join(e.Flags, ", "))
	line("unreadable", e.Unreadable)
	line("project", e.Project+" ("+e.ProjectID+")")
	line("action", e.Action)
	line("source", e.Source)
	line("accepted", c.at(e.Accepted)+", counts for "+e.Day)
	line("due", c.at(e.Due))
	line("email", e.Email)
	line("session", e.Session)
	line("order", e.Order)
	line("amount", moneys(e.Totals))
	line("replaces", e.Replaces)
	line("sent to", e.URL)
	may := []string{}
	for _, m := range [][2]string{{"retry", e.MayRetry}, {"discard", e.MayDiscard}, {"edit", e.MayEdit}} {
		if m[1] == "" {
			may = append(may, m[0])
		}
	}
	line("you may", strings.Join(may, ", "))
	if len(e.Attempts) > 0 {
		fmt.Fprintln(a.out)
		t := newGrid("attempt", "took", "status", "result", "answer")
		for _, try := range e.Attempts {
			status := ""
			if try.Status > 0 {
				status = strconv.Itoa(try.Status)
			}
			t.add(c.at(try.At), fmt.Sprintf("%.0f ms", try.Millis), status, firstOf(try.Cause, 80), try.Answer)
		}
		t.print(a.out, a.width())
	}
	var b bytes.Buffer
	text := e.Body
	if json.Indent(&b, []byte(e.Body), "", "  ") == nil {
		text = b.String()
	}
	fmt.Fprintf(a.out, "\n%s\n", cleanLines(text))
}
