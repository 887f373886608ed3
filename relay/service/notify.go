package service

import (
	"context"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// Notifier tells systemd how the daemon is (sd_notify(3)). Without a
// systemd that listens its methods do nothing. They may be called concurrently.
type Notifier struct {
	address string        // of the socket; "": nobody listens
	alive   time.Duration // within which it wants to hear that the daemon lives; 0: not at all
}

// NewNotifier takes from the environment who listens, and how often.
func NewNotifier() *Notifier {
	n := &Notifier{address: os.Getenv("NOTIFY_SOCKET")}
	pid := os.Getenv("WATCHDOG_PID")
	if us, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64); err == nil && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		n.alive = time.Duration(us) * time.Microsecond
	}
	return n
}

// Ready says that events are taken.
func (n *Notifier) Ready() { n.tell("READY=1") }

// Stopping says that what is under way is being finished.
func (n *Notifier) Stopping() { n.tell("STOPPING=1") }

// tell sends one datagram. That it was lost is nothing the daemon could mend:
// systemd then does what it does to one that never spoke.
func (n *Notifier) tell(text string) {
	if n.address == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.address, Net: "unixgram"})
	if err != nil {
		return
	}
	_, _ = conn.Write([]byte(text))
	_ = conn.Close()
}

// Watch calls look a few times within each period of the watchdog, until ctx
// ends, and says that the daemon lives, and what look returned, each time that
// it does. When look hangs nothing is said, and systemd ends the daemon.
func (n *Notifier) Watch(ctx context.Context, look func() string) {
	if n.address == "" {
		return
	}
	period := 20 * time.Second
	if n.alive > 0 {
		period = min(period, n.alive/4)
	}
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for {
		n.tell("WATCHDOG=1\nSTATUS=" + strings.ReplaceAll(look(), "\n", " "))
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
