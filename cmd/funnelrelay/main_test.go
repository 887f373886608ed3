package main

import (
	"os"
	"strings"
	"testing"

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
			return nil
		},
	})
}
