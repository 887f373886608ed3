package relay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"funnelrelay/relay/config"
	"funnelrelay/relay/machine"
	"funnelrelay/spool"
)

// WitnessPath is the file that tells an older copy of a config's data folder
// from the one that ran last. It lies beside that folder: what restores the one
// must not restore the other.
func WitnessPath(cfg *config.Config) string {
	return filepath.Join(filepath.Clean(cfg.Data)+"-witness", "spool.json")
}

// GuardedOptions are SpoolOptions for who runs the spool on: with them it notices
// that it was copied or put back.
func GuardedOptions(cfg *config.Config, o Options) spool.Options {
	options := SpoolOptions(cfg, o)
	options.Machine, options.Witness = cmp.Or(o.Machine, machine.ID()), WitnessPath(cfg)
	return options
}

// makeWitnessFolder makes the folder for the witness. Where this user may not,
// the relay runs all the same.
func makeWitnessFolder(cfg *config.Config, o Options) {
	folder := filepath.Dir(WitnessPath(cfg))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		o.Log.Warn("an older copy of the data folder that is put back would not be noticed", "cause", err,
			"do", "make the folder "+folder+" and give it to this user")
	}
}

// localData finds a mistake in a config: a data folder on a network share.
func localData(cfg *config.Config) (wrong config.Errors) {
	var remote *spool.ErrNotLocal
	if errors.As(spool.CheckLocal(cfg.Data), &remote) {
		wrong = append(wrong, cfg.Problem("data", remote.Error(), "set data to a folder on a local disk: bbolt needs one"))
	}
	return wrong
}

// watchFolders takes files out of the drop folders until ctx ends. While a
// person has to decide on a copied spool it takes none: its memory of files may
// be older than they are, and it would send again what was sent before.
func (r *Relay) watchFolders(ctx context.Context) {
	select {
	case <-r.spool.Decided():
	case <-ctx.Done():
		return
	}
	r.folders.Run(ctx)
}

// doubtAlarm is what a copied spool needs a person for, in plain words.
func (r *Relay) doubtAlarm(d *spool.Doubt) (text, do string) {
	what := "the data folder was put back in an older state (" + d.Seen + ")"
	if d.Kind == spool.Copied {
		what = "the data folder comes from another machine"
	}
	held := "what waits in it is"
	if n, err := r.spool.Held(); err == nil {
		held = heldEvents(n)
	}
	return what + "; " + held + " held, as the other one may have sent what waited; new events are taken and sent, and no file is taken from the folders",
		"make sure that only one of the two runs, then run `funnelrelay spool adopt`, which says what each choice means"
}

// heldEvents says how many.
func heldEvents(n int64) string {
	switch {
	case n == 1:
		return "1 event is"
	case n >= spool.MostHeld:
		return fmt.Sprintf("over %d events are", spool.MostHeld-1)
	}
	return fmt.Sprintf("%d events are", n)
}
