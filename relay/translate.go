package relay

import (
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"time"

	"golang.org/x/time/rate"

	"funnelrelay/relay/config"
	"funnelrelay/relay/event"
	"funnelrelay/relay/forward"
	"funnelrelay/relay/ingest"
	"funnelrelay/relay/notify"
	"funnelrelay/spool"
)

// Every package has options of its own; this file alone knows how the config's
// keys become them.

// SpoolPath is the spool's file in a config's data folder.
func SpoolPath(cfg *config.Config) string { return filepath.Join(cfg.Data, "spool.db") }

// SpoolOptions are the spool's, for who opens it while the relay does not run:
// with others it might forget what the config keeps.
func SpoolOptions(cfg *config.Config, o Options) spool.Options {
	keepSent := cfg.Spool.KeepSent
	if keepSent == 0 {
		keepSent = spool.Forget
	}
	return spool.Options{
		MaxSize: int64(cfg.Spool.MaxSize), KeepSent: keepSent, KeepKeys: cfg.Spool.KeepKeys,
		BuildDate: o.BuildDate, Log: o.Log, NoSync: o.NoSync,
	}
}

func (r *Relay) ingestOptions(cfg *config.Config) ingest.Options {
	o := ingest.Options{
		Sink: r.sink, Loopback: r.loopback, Insecure: cfg.HTTP.Insecure,
		RemoteReading: cfg.HTTP.RemoteReading, Hosts: cfg.HTTP.Hosts, Origins: cfg.HTTP.Origins, Allow: withLoopback(cfg.HTTP.Allow),
		Limits: ingest.Limits{Event: int64(cfg.HTTP.Limits.Event), Body: int64(cfg.HTTP.Limits.Body), Batch: cfg.HTTP.Limits.Batch},
		Auth:   ingest.Auth{APIKey: cfg.HTTP.Auth.APIKey},
		Log:    r.o.Log, Metrics: r.metrics, Stopping: func() bool { return !r.ready.Load() },
		Sources: r.mappedSources(), Now: func() time.Time { now, _ := r.spool.Now(); return now },
	}
	for _, token := range cfg.HTTP.Auth.Tokens {
		o.Auth.Tokens = append(o.Auth.Tokens, ingest.Secret(token.Reveal()))
	}
	targets := *r.accept.targets.Load()
	for _, p := range cfg.Projects {
		o.Projects = append(o.Projects, ingest.Project{
			Name: p.Name, ProjectID: p.ProjectID, APIKey: ingest.Secret(p.APIKey.Reveal()),
			Rules: targets[p.Name].rules, Hold: p.Invalid == config.InvalidHold,
		})
	}
	return o
}

// withLoopback lets this machine's own commands in where allow names others.
func withLoopback(allow []netip.Prefix) []netip.Prefix {
	if len(allow) == 0 {
		return nil
	}
	return append([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}, allow...)
}

// eventRules are how a project's bodies are normalized. The config was checked:
// a zone that it names exists.
func eventRules(cfg *config.Config, p *config.Project) *event.Rules {
	zone, _ := cfg.Timezone.Location()
	return &event.Rules{
		Nested: event.Nested(p.Nested), Identity: event.Identity(p.Identity), Stamp: event.Stamp(p.Stamp),
		Zone: zone, Defaults: p.Defaults, RepeatWindow: p.RepeatWindow,
	}
}

// forwardOptions are how a project's events are sent. The config was checked:
// its URL, its pattern and its outcomes are legal.
func (r *Relay) forwardOptions(cfg *config.Config, p *config.Project) forward.Options {
	base, _ := url.Parse(p.URL)
	outcomes, _ := forward.NewTable(p.Outcomes.Given(), p.Outcomes.DuplicateBody.Expr())
	o := forward.Options{
		Project: p.Name, Queue: queueOf(p.Name, p.ProjectID),
		ProjectID: p.ProjectID, APIKey: forward.Secret(p.APIKey.Reveal()),
		URL: base, Connections: p.Connections, Rate: rate.Limit(p.Rate.PerSecond()),
		Outcomes: outcomes, TrustDuplicates: p.TrustDuplicates,
		UserAgent: "funnelrelay/" + r.o.Version, Rules: eventRules(cfg, p),
		Alarms: r.alarms, Log: r.o.Log, Metrics: r.metrics,
	}
	o.Proxy = proxyOf(p)
	return o
}

// notifySettings are who is told of alarms. Webhooks are called through the
// proxy of the first project: there is one way out of a shop.
func (r *Relay) notifySettings(cfg *config.Config) notify.Settings {
	zone, _ := cfg.Timezone.Location() // it was checked
	s := notify.Settings{Site: cfg.Alarm.Site, Repeat: cfg.Alarm.Repeat, Zone: zone}
	for i := range cfg.Alarm.To {
		t := &cfg.Alarm.To[i]
		target := notify.Target{Only: t.Only}
		switch {
		case t.Mail != nil:
			target.Way = &notify.Mail{
				Server: t.Mail.Server, From: t.Mail.From, To: t.Mail.To,
				User: t.Mail.User, Password: t.Mail.Password.Reveal(), TLS: notify.MailTLS(t.Mail.TLS),
			}
		case len(t.Command) > 0:
			target.Way = &notify.Command{Words: t.Command.Words(), Hidden: t.Command.Hidden()}
		default:
			hook := &notify.Webhook{URL: t.Webhook.Reveal(), Header: http.Header{}, UserAgent: "funnelrelay/" + r.o.Version}
			for _, h := range t.Headers {
				hook.Header.Add(h.Name, h.Value.Reveal())
			}
			if len(cfg.Projects) > 0 {
				hook.Proxy = proxyOf(&cfg.Projects[0])
			}
			target.Way = hook
		}
		s.Targets = append(s.Targets, target)
	}
	return s
}
