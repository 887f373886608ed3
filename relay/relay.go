package relay

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"funnelrelay/relay/alarm"
	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
	"funnelrelay/relay/dropfolder"
	"funnelrelay/relay/ingest"
	"funnelrelay/relay/notify"
	"funnelrelay/spool"
)

// Options of a Relay besides its config. The zero value of each is its
// documented default.
type Options struct {
	Version    string       // default "dev"
	BuildDate  time.Time    // a clock that shows less is wrong; zero: not checked
	ConfigPath string       // shown in the status
	Log        *slog.Logger // default: discards
	Service    bool         // run by the system, which sees no mapped drive letters

	// Machine tells this machine from others, so that a copied data folder is
	// noticed. Default: what the system keeps for that.
	Machine string

	// ServiceState is how the system sees the service, for the doctor; nil: not
	// asked.
	ServiceState func() (string, error)

	// Load reads and checks the config anew; nil: it cannot be reloaded.
	Load func() (*config.Config, error)

	// NoSync is the spool's: it leaves out the fsync, to prove that a test of a
	// power cut can fail. No command and no config sets it.
	NoSync bool
}

// Relay is the daemon.
type Relay struct {
	o       Options
	started time.Time
	spool   *spool.Spool
	alarms  *alarm.Board
	metrics *metrics.Set
	accept  *accepter
	sink    *lately // before accept
	ingest  *ingest.Handler
	server  *ingest.Server
	control *control.Control
	folders *dropfolder.Watcher
	heard   *hearing
	notify  *notify.Notifier
	ready   atomic.Bool
	stopped chan struct{} // closed when Run is told to end
	doctors doctors
	reloads chan struct{} // of size 1; held while a config is taken up
	seeing  sync.Mutex    // held while it is noted what a person has seen of rejects

	loopback bool           // the port cannot be reached from other machines
	opened   *config.Config // the config of the start, by which is what no reload changes

	mu       sync.Mutex // guards all below
	cfg      *config.Config
	projects []*project                 // configured, in their order
	sources  []dropfolder.Source        // configured, in their order
	ending   map[string]<-chan struct{} // by name: closed when the last forwarder of that project is gone
	run      context.Context            // of Run; nil before
	running  sync.WaitGroup             // the forwarders
}

// Open takes the port and the spool. Nothing is answered or sent before Run;
// Close gives both back. It needs no network.
func Open(cfg *config.Config, o Options) (*Relay, error) {
	o.Version = cmp.Or(o.Version, "dev")
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	r := &Relay{
		o: o, started: time.Now(), cfg: cfg, opened: cfg,
		alarms: alarm.New(o.Log), metrics: metrics.NewSet(), reloads: make(chan struct{}, 1),
		stopped: make(chan struct{}), loopback: ingest.IsLoopback(cfg.Listen), ending: map[string]<-chan struct{}{},
	}
	if wrong := localData(cfg); len(wrong) > 0 {
		return nil, wrong
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w; make it writable for this user, or set data to another folder", err)
	}
	makeWitnessFolder(cfg, o)
	var err error
	if r.spool, err = openSpool(cfg, o); err != nil {
		return nil, err
	}
	if err := r.open(cfg); err != nil {
		return nil, errors.Join(err, r.spool.Close())
	}
	return r, nil
}

// open wires what stands on the spool:
//
//	port ─► ingest ─────► accepter ─► spool ─► a forwarder for each project
//	     └► control ─────────────────► spool
//	folders ─► dropfolder ─► accepter
func (r *Relay) open(cfg *config.Config) error {
	token, err := ingest.AdminToken(cfg.Data)
	if err != nil {
		return err
	}
	r.accept = &accepter{spool: r.spool}
	r.openAlarms(cfg)
	r.sink = &lately{Sink: r.accept, heard: r.heard}
	r.setProjects(cfg)
	if err := r.openFolders(cfg); err != nil {
		return err
	}
	r.ingest = ingest.New(r.ingestOptions(cfg))
	r.control = control.New(r.controlOptions())
	tlsConfig, err := r.tlsConfig(cfg)
	if err != nil {
		return err
	}
	r.server, err = ingest.Open(ingest.ServerOptions{
		Listen: cfg.Listen, Handler: r.ingest.Port(r.routes(token)), TLS: tlsConfig,
		Authed: cfg.HTTP.Auth.On(), Insecure: cfg.HTTP.Insecure, Grace: grace, Log: r.o.Log,
	})
	return err
}

// grace is how long what is under way may take when the daemon stops.
const grace = 10 * time.Second

// routes is all on the port but the webhook itself.
func (r *Relay) routes(token ingest.Secret) *http.ServeMux {
	mux := http.NewServeMux()
	open := func(pattern string, h http.HandlerFunc) { mux.Handle(pattern, r.ingest.OpenOnLoopback(token, h)) }
	admin := func(pattern string, h http.HandlerFunc) { mux.Handle(pattern, r.ingest.AdminOnly(token, h)) }
	open("GET /healthz", r.control.Health)
	open("GET /readyz", r.control.Readiness)
	open("GET /metrics", r.control.Metrics(r.metrics))
	admin("POST /api/v1/reload", r.serveReload)
	r.control.Routes(mux, func(h http.Handler) http.Handler { return r.ingest.AdminOnly(token, h) })
	admin("POST /api/v1/alarms/test", r.serveAlarmTest)
	r.door(token).Mount(mux)
	r.mountPages(mux, token)
	return mux
}

// noteLoggedOut is the name of the note that holds who logged out.
const noteLoggedOut = "logged-out"

// door is the one of the admin token. It knows who logged out before a restart;
// where that cannot be read, those who have the cookie are in again, as before.
func (r *Relay) door(token ingest.Secret) *ingest.Door {
	door := r.ingest.Door(token)
	ended, err := r.spool.Note(noteLoggedOut)
	if err != nil {
		r.o.Log.Error("who logged out cannot be read", "error", err)
	}
	door.Remember(ended, func(ended []byte) error { return r.spool.SetNote(noteLoggedOut, ended) })
	return door
}

func (r *Relay) tlsConfig(cfg *config.Config) (*tls.Config, error) {
	cert, key := cfg.HTTP.TLS.Cert, cfg.HTTP.TLS.Key
	if !cfg.HTTP.TLS.On() {
		return nil, nil
	}
	if cfg.HTTP.TLS.SelfSigned {
		var err error
		if cert, key, err = ingest.SelfSigned(cfg.Data, cfg.HTTP.Hosts); err != nil {
			return nil, err
		}
	}
	return ingest.TLSConfig(cert, key, r.alarms)
}

// Addr is where the port is.
func (r *Relay) Addr() net.Addr { return r.server.Addr() }

// Status is what /api/v1/status answers.
func (r *Relay) Status() control.Status { return r.control.Status() }

// Run takes and sends events until ctx ends, then finishes what is under way
// within the grace, and closes the spool. It returns when all its goroutines
// are gone.
func (r *Relay) Run(ctx context.Context) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	r.mu.Lock()
	r.run = inner
	for _, p := range r.projects {
		r.startLocked(p)
	}
	data := r.cfg.Data
	r.mu.Unlock()
	var watching sync.WaitGroup
	watching.Go(func() { r.watch(inner) })
	watching.Go(func() { r.watchFolders(inner) })
	watching.Go(func() { r.watchRejects(inner) })
	watching.Go(func() { r.alarms.Keep(inner) })
	watching.Go(func() { r.notify.Run(inner) })

	r.ready.Store(true)
	r.o.Log.Info("ready", "address", r.Addr().String(), "version", r.o.Version, "data", data)
	stop := context.AfterFunc(inner, func() { close(r.stopped) })
	defer stop()
	err := r.server.Run(inner)
	r.ready.Store(false)
	r.mu.Lock() // a reload may be under way: from here on it starts no forwarder
	cancel()    // when the port failed, the rest stops as well
	r.mu.Unlock()
	r.running.Wait()
	watching.Wait()
	r.keepHearing(true)
	err = errors.Join(err, r.Close())
	r.o.Log.Info("stopped", "ran", time.Since(r.started).Round(time.Second))
	return err
}

// Close gives the port and the spool back. Run calls it; it may be called
// again.
func (r *Relay) Close() error {
	return errors.Join(r.server.Close(), r.spool.Close())
}
