package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// NoDelay as [Options.UserDelay] makes a user without a pause between looking
// its email up and making it.
const NoDelay time.Duration = -1

// Options shape a sandbox. The zero value is usable; a zero field is the
// default that its comment names.
type Options struct {
	// ProjectID is the only X-PROJECT-ID that is let in. Default: any that is
	// not empty.
	ProjectID string
	// APIKey is the only X-API-KEY that is let in. Default: any that is not
	// empty.
	APIKey string
	// DuplicateStatus answers a request that was seen before, 200 to 599.
	// Default 409.
	DuplicateStatus int
	// DuplicateBody goes with it. Default: a JSON object that holds the word
	// "duplicate".
	DuplicateBody string
	// UserDelay lies between looking an email or session up and making a user
	// for it: the window in which two requests make two users. Default 3ms;
	// NoDelay (anything negative) for none.
	UserDelay time.Duration
	// Keep is how many of the last deliveries can be listed, in number. Their
	// bodies and headers together are held to 64 MiB besides, or to 1 KiB for
	// each of Keep where that is more. Default 10,000; negative for none.
	// Counts, and the memory for duplicates, are always complete.
	Keep int
	// MaxBody is the largest body that is read, in bytes. The contract names
	// no limit; this one protects the sandbox. Default 4 MiB.
	MaxBody int64
	// Seed makes the faults' dice repeatable: the same seed, faults and order
	// of requests strike the same requests. Default 1.
	Seed uint64
	// Faults in force from the start. Default: none.
	Faults Faults
}

// Validate reports every field that New would have to replace, in words for a
// person at a command line.
func (o Options) Validate() error {
	var all []error
	if o.DuplicateStatus != 0 && !isStatus(o.DuplicateStatus) {
		all = append(all, fmt.Errorf("duplicate status: %d is no final HTTP status: give one from 200 to 599", o.DuplicateStatus))
	}
	if o.MaxBody < 0 {
		all = append(all, fmt.Errorf("max body: %d is negative", o.MaxBody))
	}
	if err := o.Faults.Validate(); err != nil {
		all = append(all, err)
	}
	return errors.Join(all...)
}

// resolved fills in the defaults. What Validate refuses becomes the default.
func (o Options) resolved() Options {
	if o.Validate() != nil {
		if !isStatus(o.DuplicateStatus) {
			o.DuplicateStatus = 0
		}
		o.MaxBody = max(o.MaxBody, 0)
		if o.Faults.Validate() != nil {
			o.Faults = Faults{}
		}
	}
	o.DuplicateStatus = cmp.Or(o.DuplicateStatus, http.StatusConflict)
	o.DuplicateBody = cmp.Or(o.DuplicateBody, string(refuse(http.StatusConflict, "duplicate", ruleDuplicate,
		"duplicate: these bytes were taken before for this project and action").body()))
	o.UserDelay = max(cmp.Or(o.UserDelay, 3*time.Millisecond), 0)
	o.Keep = max(cmp.Or(o.Keep, 10_000), 0)
	o.MaxBody = cmp.Or(o.MaxBody, 4<<20)
	o.Seed = cmp.Or(o.Seed, 1)
	return o
}

// Sandbox stands in for the upstream. Its methods may be called concurrently.
type Sandbox struct {
	opts   Options // resolved; never changed after New
	faults faultState
	ledger ledger
	users  userTable
}

// New makes a sandbox that has seen nothing. It does no I/O and cannot fail:
// an option that [Options.Validate] refuses counts as its default.
func New(o Options) *Sandbox {
	o = o.resolved()
	s := &Sandbox{opts: o}
	s.faults.seed(o.Seed)
	s.faults.set(o.Faults)
	s.ledger.reset(o.Keep)
	s.users.reset()
	return s
}

// SetFaults replaces the faults in force; the zero Faults clears them. A time
// to be down counts from now. The error is that of [Faults.Validate], and
// leaves the old faults in force.
func (s *Sandbox) SetFaults(f Faults) error {
	if err := f.Validate(); err != nil {
		return err
	}
	s.faults.set(f)
	return nil
}

// Faults returns the faults in force: DownFor and Times are what is left of
// them.
func (s *Sandbox) Faults() Faults { return s.faults.get() }

// Reset forgets all deliveries, counts, bodies and users. The faults, and the
// place in their dice, stay.
func (s *Sandbox) Reset() {
	s.ledger.reset(s.opts.Keep)
	s.users.reset()
}

// Serve answers on l until ctx ends, then gives the requests in flight a
// second, closes l and returns nil. Any other end of the listener is returned
// as an error. Serve owns l from the call on.
func (s *Sandbox) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 30 * time.Second,
		IdleTimeout:       5 * time.Minute,
		// Requests that wait out a latency are let go when ctx ends.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve the sandbox on %s: %w", l.Addr(), errors.Join(err, server.Close()))
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if server.Shutdown(grace) != nil {
		_ = server.Close() // cuts those that did not finish; there is nobody to tell
	}
	_ = <-ended // it was told to end
	return nil
}

func isStatus(code int) bool { return code >= 200 && code <= 599 }
