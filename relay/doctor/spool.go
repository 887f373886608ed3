package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"funnelrelay/spool"
)

// ErrTooLarge says that a spool was not walked over as that would take too long.
var ErrTooLarge = errors.New("the spool is large")

// shownFaults of a spool are told one by one.
const shownFaults = 5

// spool says whether what is in the spool adds up.
func (o *Options) spool() Check {
	c := Check{Name: "spool", About: o.Spool, Verdict: OK}
	if o.CheckSpool == nil {
		c.Verdict, c.Says = Skipped, "was not looked at"
		return c
	}
	err := o.CheckSpool()
	switch {
	case err == nil:
		c.Says = "all that is in it adds up"
	case errors.Is(err, ErrTooLarge):
		c.Verdict, c.Says = Skipped, "it is large, and walking over it takes a while"
		c.Remedy = "run `funnelrelay spool check`"
	case errors.Is(err, fs.ErrNotExist):
		c.Verdict, c.Says = Skipped, "it is not there yet: the first start makes it"
	case errors.Is(err, fs.ErrPermission):
		c.Verdict, c.Says = Bad, "it cannot be opened: the rights of this user do not reach"
		c.Remedy = "run the doctor as the relay's account, or with more rights (sudo, or an administrator's terminal)"
	case errors.Is(err, spool.ErrLocked):
		c.Verdict, c.Says = Warn, "it is in use by another process, which does not answer on the port"
		c.Remedy = "look whether a relay is just starting or stopping; if one hangs, end it: nothing that was accepted is lost"
	case errors.Is(err, spool.ErrNewerFormat):
		c.Verdict, c.Says = Bad, "it was written by a newer version of the program"
		c.Remedy = "install that version again"
	default:
		lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
		if more := len(lines) - shownFaults; more > 0 {
			lines = append(lines[:shownFaults], fmt.Sprintf("and %d more", more))
		}
		c.Verdict, c.Says = Bad, "something is wrong in it: "+strings.Join(lines, "; ")
		c.Remedy = "make a copy of the data folder while the relay is stopped, look at the disk, and report this with `funnelrelay doctor --bundle`"
	}
	return c
}
