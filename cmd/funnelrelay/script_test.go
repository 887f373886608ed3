package main

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptCommands are what the scripts know besides testscript's own.
var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"listens": listens, "until": untilPrinted, "grab": grab, "fault": fault, "web": web,
}

// untilPrinted runs a command until what it prints matches, whatever its exit code is.
func untilPrinted(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until PATTERN COMMAND [ARGUMENT…]")
	}
	want, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	for end := time.Now().Add(30 * time.Second); ; {
		_ = ts.Exec(args[1], args[2:]...) // it may fail, until it matches
		if want.MatchString(ts.ReadFile("stdout")) || want.MatchString(ts.ReadFile("stderr")) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("%s never matched; last stdout:\n%s\nstderr:\n%s", args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
		}
	}
}

// grab keeps the first group of a match in the last stdout as a variable.
func grab(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: grab NAME PATTERN")
	}
	text := ts.ReadFile("stdout")
	found := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(text)
	if len(found) < 2 {
		ts.Fatalf("%s does not match\n%s", args[1], text)
	}
	ts.Setenv(args[0], found[1])
}

// fault sets the faults of the sandbox at $UPSTREAM.
func fault(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fault JSON")
	}
	res, err := http.Post("http://"+ts.Getenv("UPSTREAM")+"/faults", "application/json", strings.NewReader(args[0]))
	ts.Check(err)
	ts.Check(res.Body.Close())
	if res.StatusCode/100 != 2 {
		ts.Fatalf("faults %s: %s", args[0], res.Status)
	}
}

// web makes a request as a browser does, follows no redirect, and prints the
// answer. Headers stand before the method, as "Name: value".
func web(ts *testscript.TestScript, neg bool, args []string) {
	var header []string
	for len(args) > 0 && strings.Contains(args[0], ": ") {
		header, args = append(header, args[0]), args[1:]
	}
	if len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: web [HEADER…] METHOD URL [FORM]")
	}
	req, err := http.NewRequest(args[0], args[1], strings.NewReader(strings.Join(args[2:], "")))
	ts.Check(err)
	req.Header.Set("Accept", "text/html")
	if len(args) == 3 {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", "http://"+req.Host)
	}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	ts.Check(err)
	text, err := io.ReadAll(res.Body)
	ts.Check(err)
	ts.Check(res.Body.Close())
	fmt.Fprintf(ts.Stdout(), "%s\n", res.Status)
	ts.Check(res.Header.Write(ts.Stdout()))
	fmt.Fprintf(ts.Stdout(), "\n%s", text)
	if failed := res.StatusCode >= 400; failed != neg {
		ts.Fatalf("answered %s:\n%s", res.Status, text)
	}
}
