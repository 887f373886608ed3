// Package relay puts the parts together: it opens the spool, the port and a
// forwarder for each project, runs them, and follows a changed config.
//
//	HTTP ─────► ingest ──────┐
//	              │          ├─► event ──► accept ──► [ spool ] ──► forward ──► Funnelytics
//	            mapping      │                            │
//	              │          │                            └──► control ──► dashboard, the command line, monitoring
//	files ────► dropfolder ──┘
//
// Everything else stands on the promises of these parts:
//
//   - An event that was answered with 2xx is on disk (spool, ingest).
//   - Its bytes are settled then, and every attempt sends the same (event).
//   - A refusal as duplicate is a delivery where it proves one (forward).
//   - Equal events do not collide; repeats are taken once (event, spool).
//   - Nothing vanishes: accepted = pending + sent + dead + discarded (spool).
//   - One person's events go one at a time, in order (spool).
//
// Imports point one way. Leaves: event, source, rows, alarm,
// session, machine, sandbox and spool.
//
//	config             ──► source
//	values             ──► rows, source
//	mapping            ──► values, event
//	learn              ──► values
//	ingest, dropfolder ──► mapping, alarm
//	ingest             ──► session
//	forward            ──► spool, event, alarm
//	control            ──► spool, forward, dropfolder, alarm
//	notify             ──► alarm
//	doctor             ──► spool
//	dashboard          ──► control
//	relay              ──► all of these, but learn and sandbox
//	cmd                ──► relay, config, learn, sandbox
package relay
