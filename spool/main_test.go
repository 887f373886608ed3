package spool

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain runs the tests, or is a process of its own for a test that needs one
// to kill or to hurt.
func TestMain(m *testing.M) {
	if child := children[os.Getenv(childEnv)]; child != nil {
		child(os.Getenv(childPathEnv))
		os.Exit(0)
	}
	// A fault inside bbolt leaves it locked for ever: see closeGuarded.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("go.etcd.io/bbolt.(*DB).Close"))
}
