package control

import "net/http"

// route is one path of the API.
type route struct {
	pattern string
	serve   func(c *Control, w http.ResponseWriter, r *http.Request) error
}

// routes are all paths of the API but those of ingest and of health; see
// openapi.yaml, to which a test holds them.
var routes = []route{
	{"GET /api/v1/status", func(c *Control, w http.ResponseWriter, r *http.Request) error { return answer(w, c.Status()) }},
	{"GET /api/v1/openapi.yaml", (*Control).serveDocument},
	{"GET /api/v1/events", (*Control).serveEvents},
	{"GET /api/v1/events/export", (*Control).serveExport},
	{"GET /api/v1/events/{id}", (*Control).serveEvent},
	{"GET /api/v1/events/{id}/body", (*Control).serveBody},
	{"POST /api/v1/events/{id}/retry", (*Control).serveRetry},
	{"POST /api/v1/events/{id}/discard", (*Control).serveDiscard},
	{"POST /api/v1/events/{id}/edit", (*Control).serveEdit},
	{"POST /api/v1/events/check", (*Control).serveCheck},
	{"POST /api/v1/events/bulk", (*Control).serveBulk},
	{"POST /api/v1/projects/{name}/pause", (*Control).servePause},
	{"POST /api/v1/projects/{name}/resume", (*Control).serveResume},
	{"POST /api/v1/projects/{name}/probe", (*Control).serveProbe},
	{"POST /api/v1/backlog/move", (*Control).serveMove},
	{"GET /api/v1/sources", (*Control).serveSources},
	{"GET /api/v1/rejects", (*Control).serveRejects},
	{"GET /api/v1/rejects/download", (*Control).serveReject},
	{"POST /api/v1/files/again", (*Control).serveAgain},
	{"POST /api/v1/files/preview", (*Control).servePreview},
	{"GET /api/v1/days", (*Control).serveDays},
	{"GET /api/v1/days.csv", (*Control).serveDaysCSV},
	{"PUT /api/v1/days/till-totals", (*Control).serveTotals},
	{"POST /api/v1/days/till-totals/read", (*Control).serveReadTotals},
	{"GET /api/v1/flow", (*Control).serveFlow},
	{"GET /api/v1/alarms", (*Control).serveAlarms},
	{"POST /api/v1/alarms/seen", (*Control).serveSeen},
	{"GET /api/v1/changes", (*Control).serveChanges},
	{"GET /api/v1/doctor", (*Control).serveDoctor},
	{"GET /api/v1/config", (*Control).serveConfig},
	{"GET /api/v1/spool", (*Control).serveSpool},
	{"POST /api/v1/spool/check", (*Control).serveSpoolCheck},
	{"POST /api/v1/spool/compact", (*Control).serveCompact},
	{"POST /api/v1/spool/adopt", (*Control).serveAdopt},
	{"GET /api/v1/spool/export", (*Control).serveSpoolExport},
	{"POST /api/v1/spool/import", (*Control).serveImport},
	{"POST /api/v1/salvage/seen", (*Control).serveSalvageSeen},
	{"POST /api/v1/purge", (*Control).servePurge},
}

// Routes puts the API on mux. admin stands before each path, and lets through who
// may read and decide.
func (c *Control) Routes(mux *http.ServeMux, admin func(http.Handler) http.Handler) {
	for _, r := range routes {
		mux.Handle(r.pattern, admin(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if err := r.serve(c, w, req); err != nil {
				problemOf(err).write(w)
			}
		})))
	}
}

// NotRunning answers where only a relay that runs could do what was asked for.
func NotRunning(w http.ResponseWriter, _ *http.Request) { problemOf(ErrNotRunning).write(w) }
