package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// direct keeps a proxy of the machine's environment out of it.
func direct(*http.Request) (*url.URL, error) { return nil, nil }

func twoNotices() []Notice {
	at := time.Date(2026, 12, 1, 9, 30, 0, 0, time.UTC)
	return []Notice{
		{State: Open, Name: "silence/till", Since: at, Text: "Kö: no sale\nWhat to do: look", What: "no sale from till", Do: "look", Site: "Kö", Version: "1.0"},
		{State: Over, Name: "dead/shop", Since: at, Until: at.Add(90 * time.Minute), Text: "Kö: over", What: "2 dead", Site: "Kö", Version: "1.0"},
	}
}

// explained is what a person would read of an error.
func explained(w Way, err error) string {
	if err == nil {
		return ""
	}
	return (&teller{target: Target{Way: w}}).explain(err)
}

func TestWebhook(t *testing.T) {
	var mu sync.Mutex
	var got []map[string]any
	var heads []http.Header
	status, answer := http.StatusNoContent, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		one := map[string]any{"path": r.URL.RequestURI(), "method": r.Method}
		mu.Lock()
		defer mu.Unlock()
		if err := json.Unmarshal(body, &one); err != nil {
			t.Error(err)
		}
		got, heads = append(got, one), append(heads, r.Header)
		if status/100 == 3 {
			w.Header().Set("Location", "https://elsewhere.example/")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	hook := &Webhook{
		URL:    strings.Replace(server.URL, "://", "://user:p4ssword@", 1) + "/services/s3cret?key=t0ken",
		Header: http.Header{"X-Token": {"Bearer h3ader"}}, UserAgent: "funnelrelay/1.0", Proxy: direct,
	}
	if arrived, err := hook.Tell(t.Context(), twoNotices()); arrived != 2 || err != nil {
		t.Fatal(arrived, err)
	}
	if got[0]["state"] != "open" || got[0]["name"] != "silence/till" || got[0]["since"] != "2026-12-01T09:30:00Z" || got[0]["until"] != nil ||
		got[0]["do"] != "look" || got[0]["again"] != false || got[0]["site"] != "Kö" || got[0]["method"] != "POST" || got[0]["path"] != "/services/s3cret?key=t0ken" {
		t.Errorf("%v", got[0])
	}
	if got[1]["state"] != "over" || got[1]["until"] != "2026-12-01T11:00:00Z" || got[1]["do"] != nil {
		t.Errorf("%v", got[1])
	}
	user, password, _ := (&http.Request{Header: heads[0]}).BasicAuth()
	if heads[0].Get("X-Token") != "Bearer h3ader" || heads[0].Get("Content-Type") != "application/json" || user != "user" || password != "p4ssword" {
		t.Errorf("%v", heads[0])
	}

	for _, row := range []struct {
		status       int
		answer, want string
	}{
		{404, "no_service for /services/s3cret?key=t0ken and h3ader", "it answered 404 Not Found: no_service for ••• and •••"},
		{400, strings.Repeat("a", 112) + " h3ader", "it answered 400 Bad Request: " + strings.Repeat("a", 112) + " •••"},
		{400, strings.Repeat("a", 116) + " h3ader and more", "it answered 400 Bad Request: " + strings.Repeat("a", 116) + " •••…"},
		{500, "<html>oops</html>", "it answered 500 Internal Server Error"},
		{302, "", "it answered 302 Found, and a redirect is not followed; write the URL that it leads to"},
	} {
		mu.Lock()
		status, answer = row.status, row.answer
		mu.Unlock()
		arrived, err := hook.Tell(t.Context(), twoNotices())
		if got := explained(hook, err); arrived != 0 || got != row.want {
			t.Errorf("%d: %d arrived, %s", row.status, arrived, got)
		}
	}
	server.Close()
	_, err := hook.Tell(t.Context(), twoNotices())
	if err == nil {
		t.Error("no error")
	}
	noSecrets(t, hook, err)
	_, err = (&Webhook{URL: "https://no-such-host.invalid/s3cret", Proxy: direct}).Tell(t.Context(), twoNotices())
	noSecrets(t, hook, err)
}

// noSecrets looks for what must not be shown of a way.
func noSecrets(t *testing.T, w Way, err error) {
	t.Helper()
	text := explained(w, err) + w.String()
	for _, secret := range []string{"s3cret", "t0ken", "h3ader", "p4ssword"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is shown: %s", secret, text)
		}
	}
}

// A server that takes the connection and says nothing is left alone.
func TestWebhookThatHangs(t *testing.T) {
	held := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-held }))
	defer server.Close()
	defer close(held)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	hook := &Webhook{URL: server.URL + "/s3cret", Proxy: direct}
	_, err := hook.Tell(ctx, twoNotices())
	if got := explained(hook, err); got != "no answer in time" {
		t.Errorf("%s", got)
	}
}

// TestCommandChild is the program that TestCommand runs.
func TestCommandChild(t *testing.T) {
	if os.Getenv("FUNNELRELAY_ALARM_NAME") == "" {
		t.Skip("TestCommand runs it")
	}
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		t.Fatal(err)
	}
	var n Notice
	if err := json.Unmarshal(input, &n); err != nil {
		t.Fatal(err)
	}
	arguments := os.Args[len(os.Args)-2:]
	switch arguments[0] {
	case "fail":
		fmt.Println("cannot tell", arguments[1])
		os.Exit(3)
	case "hang":
		time.Sleep(time.Hour) // until it is killed
	}
	var lines []string
	for _, name := range []string{"STATE", "NAME", "WHAT", "DO", "SITE", "SINCE", "UNTIL"} {
		lines = append(lines, os.Getenv("FUNNELRELAY_ALARM_"+name))
	}
	file, err := os.OpenFile(arguments[1], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	fmt.Fprintf(file, "%s=%s\n", n.Name, strings.Join(lines, "|"))
}

func TestCommand(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := func(mode, argument string) *Command {
		return &Command{Words: []string{program, "-test.run=^TestCommandChild$", "--", mode, argument}, Hidden: []string{argument}}
	}
	out := t.TempDir() + "/a file with spaces; and $(more)"
	told := command("write", out)
	if arrived, err := told.Tell(t.Context(), twoNotices()); arrived != 2 || err != nil {
		t.Fatal(arrived, err)
	}
	text, err := os.ReadFile(out)
	want := "silence/till=open|silence/till|no sale from till|look|Kö|2026-12-01T09:30:00Z|\n" +
		"dead/shop=over|dead/shop|2 dead||Kö|2026-12-01T09:30:00Z|2026-12-01T11:00:00Z\n"
	if err != nil || string(text) != want {
		t.Errorf("%v\n%s", err, text)
	}
	failing := command("fail", "s3cret")
	arrived, err := failing.Tell(t.Context(), twoNotices())
	if got := explained(failing, err); arrived != 0 || got != "it ended with exit status 3: cannot tell •••" {
		t.Errorf("%d %s", arrived, got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	hanging := command("hang", "x")
	_, err = hanging.Tell(ctx, twoNotices())
	if got := explained(hanging, err); got != "no answer in time" {
		t.Errorf("%s", got)
	}
	missing := &Command{Words: []string{t.TempDir() + "/no-such-program", "s3cret"}, Hidden: []string{"s3cret"}}
	_, err = missing.Tell(t.Context(), twoNotices())
	if err == nil || missing.String() != "the command no-such-program" {
		t.Errorf("%v", err)
	}
	noSecrets(t, missing, err)
}
