package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"runtime"
	"syscall"
	"time"
)

// service says whether the relay starts with the machine.
func (o *Options) service() Check {
	c := Check{Name: "service", Verdict: OK}
	state, err := o.State()
	switch {
	case err != nil:
		c.Verdict, c.Says = Skipped, "the system does not say how the service is: "+err.Error()
	case state == "running":
		c.Says = "the service is installed and runs"
	case state == "failed":
		c.Verdict, c.Says = Bad, "the service ended by itself"
		c.Remedy = "look at the end of the log, and start it with `funnelrelay service start`"
	case state == "stopped":
		c.Verdict, c.Says = Bad, "the service is installed, and does not run"
		c.Remedy = "start it with `funnelrelay service start`"
		if o.Inside {
			c.Verdict, c.Says = Warn, "the service is installed, and this relay was started by hand"
			c.Remedy = "end this one, and start the service: `funnelrelay service start`"
		}
	default:
		c.Verdict, c.Says = Warn, "the relay is not installed as a service: it does not start with the machine"
		c.Remedy = "run `funnelrelay service install --start`, unless something else starts it, as in a container"
	}
	return c
}

const portTime = 3 * time.Second

// port says who has the relay's port.
func (o *Options) port(ctx context.Context) Check {
	c := Check{Name: "port", About: o.Listen, Verdict: OK}
	host, number, err := net.SplitHostPort(o.Listen)
	switch {
	case err != nil:
		c.Verdict, c.Says, c.Remedy = Bad, "is no address: "+err.Error(), "write `listen` as in 127.0.0.1:8787"
		return c
	case o.Inside:
		c.Says = "this relay has it"
		return c
	case number == "0":
		c.Verdict, c.Says = Skipped, "a free port is taken at each start"
		return c
	}
	ctx, cancel := context.WithTimeout(ctx, portTime)
	defer cancel()
	if addr, err := netip.ParseAddr(host); host == "" || err == nil && addr.IsUnspecified() {
		host = "127.0.0.1"
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(host, number))
	if err != nil {
		return o.free(c, number)
	}
	_ = conn.Close() // nothing was sent
	if o.Ours == nil {
		c.Verdict, c.Says = Skipped, "somebody answers there; who it is was not asked"
		return c
	}
	switch err := o.Ours(ctx); {
	case err == nil:
		c.Says = "the relay has it, and answers"
	case errors.Is(err, fs.ErrPermission):
		c.Verdict, c.Says = Warn, "somebody answers there; whether it is the relay cannot be asked, as this user may not read the admin token"
		c.Remedy = "run the doctor as the relay's account, or with more rights (sudo, or an administrator's terminal)"
	case errors.Is(err, fs.ErrNotExist):
		c.Verdict, c.Says = Bad, "another program has the port: no relay has run yet on this data folder"
		c.Remedy = who(number)
	default:
		c.Verdict, c.Says = Bad, "something answers there, and not as this relay does: "+err.Error()
		c.Remedy = who(number) + "; a relay on another data folder answers so, too"
	}
	return c
}

// free says whether a port on which nobody answers could be taken.
func (o *Options) free(c Check, number string) Check {
	l, err := net.Listen("tcp", o.Listen)
	if err == nil {
		_ = l.Close() // nobody came
		c.Verdict, c.Says = Warn, "nobody answers there: the relay does not run; the port is free for it"
		c.Remedy = "start it: `funnelrelay service start`, or `funnelrelay run`"
		return c
	}
	c.Verdict = Bad
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		c.Says, c.Remedy = "another program has the port, and does not answer", who(number)
	case errors.Is(err, fs.ErrPermission):
		c.Says, c.Remedy = "this user may not have the port", "set `listen` to a port above 1023, or run the relay as its service"
	default:
		c.Says, c.Remedy = "the port cannot be had: "+plainNet(err), "set `listen` to an address that this machine has, as in 127.0.0.1:8787"
	}
	return c
}

// who is how a person finds out which program has a port.
func who(number string) string {
	find := "`ss -ltnp 'sport = :" + number + "'`"
	switch runtime.GOOS {
	case "windows":
		find = "`netstat -ano | findstr :" + number + "` and the Task Manager"
	case "darwin":
		find = "`lsof -nP -iTCP:" + number + " -sTCP:LISTEN`"
	}
	return fmt.Sprintf("find out with %s which program it is, and end it; or set `listen` to another port, and tell the tills", find)
}
