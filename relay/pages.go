package relay

import (
	"context"
	"net/http"

	"funnelrelay/relay/config"
	"funnelrelay/relay/dashboard"
	"funnelrelay/relay/ingest"
	"funnelrelay/relay/session"
)

// mountPages puts the dashboard at the root of the port, for those whom the
// door lets in. Its style sheets and pictures hold nothing of the shop, and the
// page that asks for the token needs them.
func (r *Relay) mountPages(mux *http.ServeMux, token ingest.Secret) {
	dashboard.New(dashboard.Options{
		Control: r.control, Alarms: r.alarms, CSRF: session.CSRF, Doctor: r.doctorPage,
		Zone: r.present().options().Zone, Log: r.o.Log,
		ConfigText: func() (string, error) {
			text, err := r.config().Redacted()
			return string(text), err
		},
		DropFolder: func() string { return dropPath(r.config()) },
		Posts:      func() []string { return sourcesOf(r.config()) },
	}).Mount(mux, func(h http.Handler) http.Handler { return r.ingest.AdminOnly(token, h) })
}

// doctorPage is what the doctor says, as the page shows it.
func (r *Relay) doctorPage(ctx context.Context) []dashboard.Check {
	var list []dashboard.Check
	for _, c := range r.Doctor(ctx) {
		list = append(list, dashboard.Check{Name: c.Name, About: c.About, Verdict: string(c.Verdict), Text: c.Says, Remedy: c.Remedy})
	}
	return list
}

// sourcesOf are the names of the sources of a config, each of which takes
// posts.
func sourcesOf(cfg *config.Config) []string {
	var names []string
	for i := range cfg.Sources {
		names = append(names, cfg.Sources[i].Name)
	}
	return names
}
