package main

import (
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// asProgram makes the test binary behave as funnelrelay itself, so that tests
// run, kill and trace the real program without building it first.
const asProgram = "FUNNELRELAY_AS_PROGRAM"

func TestMain(m *testing.M) {
	switch os.Getenv(asProgram) {
	case "":
	case withoutSync:
		os.Exit(mainWithoutSync())
	default:
		os.Exit(Main())
	}
	testscript.Main(m, map[string]func(){"funnelrelay": func() { os.Exit(Main()) }})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			relay := freeAddress(t)
			_, port, _ := strings.Cut(relay, ":")
			env.Setenv("RELAY", relay)
			env.Setenv("PORT", port)
			env.Setenv("UPSTREAM", freeAddress(t))
			env.Setenv("OTHER", freeAddress(t))
			return nil
		},
		Cmds: scriptCommands,
	})
}

// listens waits until somebody takes connections at an address.
func listens(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: listens ADDRESS")
	}
	for end := time.Now().Add(30 * time.Second); ; {
		conn, err := net.Dial("tcp", args[0])
		if err == nil {
			ts.Check(conn.Close())
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("nobody listens: %v", err)
		}
	}
}
