package relay

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"time"

	"funnelrelay/relay/config"
	"funnelrelay/spool"
)

// lockedFor is how long a command that has the spool of a relay that does not
// run, as `funnelrelay status` does for a moment, may keep one from starting.
const lockedFor = 10 * time.Second

// openSpool opens the spool of the daemon. Where a command has it just now, it
// waits; where somebody answers on the port, the relay runs already.
func openSpool(cfg *config.Config, o Options) (*spool.Spool, error) {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(lockedFor); ; {
		s, err := spool.Open(SpoolPath(cfg), GuardedOptions(cfg, o))
		if !errors.Is(err, spool.ErrLocked) || answers(cfg.Listen) || time.Now().After(end) {
			return s, spoolHint(err)
		}
		<-ticker.C
	}
}

// answers says whether somebody listens on the port.
func answers(listen string) bool {
	conn, err := net.DialTimeout("tcp", listen, time.Second)
	if err != nil {
		return false
	}
	_ = conn.Close() // nothing was said
	return true
}

func spoolHint(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; run as the user whose data folder it is, or set data to another folder", err)
	case errors.Is(err, spool.ErrLocked):
		return fmt.Errorf("%w; the relay runs already on this data folder: stop it first, or set data to another folder", err)
	case errors.Is(err, spool.ErrNewerFormat):
		return fmt.Errorf("%w; install that version again: this one would not understand what waits in it", err)
	}
	return err
}
