// Package control is what people and their programs ask the relay: did every
// event arrive, what waits, why, and what is to be done. Its methods read the
// spool and the state of forwarding, and change what a person decides; the API
// under /api/v1, which openapi.yaml describes, is a thin coat over them:
//
//	pages ─────────────────────┐
//	command line ─► HTTP ─► Routes ─► Control ─► spool, event.Sink, dropfolder
//	                                     └─────► pause, resume, probe: of package relay
//
// What is decided about one event is one transaction of the spool, and who comes
// second is told of the first: ErrNotFound, *Gone with the id of what took its
// place, or *Refused with the way out. What is found by a search was looked up by
// hashes, and is looked at before it is shown.
//
// Without a running relay (package relay's Desk) the same methods work on the
// spool alone, and those that need one fail with ErrNotRunning.
package control
