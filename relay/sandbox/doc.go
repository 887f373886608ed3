// Package sandbox is a strict stand-in for the upstream: an endpoint that takes
// what the webhook's contract allows, refuses all else by naming the sentence
// that was broken, and fails on demand.
//
// It is written from the published contract alone and imports nothing of ours,
// so that the wire format of the relay is never tested against itself. Where
// the contract is silent (status codes, texts, limits) the choice made here is
// marked as ours in the comment of the rule.
//
// # Endpoints
//
//	POST   /api/v1/webhook/{action}  the upstream's endpoint
//	GET    /deliveries               totals, the last deliveries, the last refusals (?after=N&limit=M)
//	DELETE /deliveries               forgets everything that arrived; the faults stay
//	GET    /faults                   the faults in force
//	POST   /faults                   sets them (replaces all; see [Faults])
//	DELETE /faults                   clears them
//	GET    /                         a plain page that lists what arrived
//
// Faults strike the webhook only: the other endpoints always answer.
//
// # What a request goes through
//
//	request ─► down? ─► reset? ─► status or html? ─► rules ─► seen before? ─► user ─► lost? ─► 200
//	             │         │            │              │           │           │        │
//	         connection reset      that answer     400…415   409 duplicate  2 steps  closed, no answer
//
// An event is taken, once and for all, at "seen before?": whatever happens to
// its answer, the same bytes for the same project and action are a duplicate
// from then on. Latency passes between that and the answer, so that a sender
// who gives up waiting has been heard nevertheless.
//
// # How a connection dies
//
// Down and reset send a TCP reset (the connection is taken over, lingers for
// zero seconds, and is closed) as soon as the request's header is read, before
// its body is: nothing was taken. The listener itself stays open while down,
// because the control endpoints live on it; what a sender sees is "connection
// reset", not "connection refused". A lost answer is an orderly close (EOF)
// after the event was taken. On a connection that cannot be taken over
// (HTTP/2, a response recorder) the answer is a 503 that says so.
//
// # Known gaps
//
// What was seen is kept as 128 bits of SHA-256 a body and a user, in memory:
// about 30 bytes each (288 MiB for ten million bodies), until [Sandbox.Reset].
// The real upstream may forget sooner. Emails are compared byte for byte; the contract does not say
// whether the upstream folds their case.
package sandbox
