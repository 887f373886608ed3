// Package forward sends a project's spooled events to the upstream, for as
// long as it takes: workers that claim, one POST at a time, a table of what an
// answer means, backoff, and one gate a project that closes when the upstream
// is down or refuses the project itself.
//
// # An attempt
//
// The bytes of the spool go out as they are, over HTTP/1.1, with the contract's
// three headers ("The Content-Type header has to be always set as
// application/json", X-PROJECT-ID, X-API-KEY) and no Idempotency-Key. A redirect
// is never followed: the key stays with the host it is meant for. net/http
// re-sends a POST by itself only when not one byte of it was written to a kept
// connection that turned out to be dead; that cannot double an event. (It would
// re-send a written one if the request had an Idempotency-Key.)
//
// What is certain after an attempt without an answer: if the body was not read
// to its end, the upstream cannot have had the whole request, so it was not
// sent. Otherwise its outcome is unknown, and the record says so until it is
// settled. A 5xx and a login page count as unknown too: a gateway's 502 may
// hide an acceptance behind it.
//
// # The gate
//
//	online ──faults──► offline ──a probe is answered──► online, slowly
//	   └────refused──► paused ───a probe passes───────► online, slowly
//	held: a person said so; only a person ends it
//
// Offline is entered at once when an attempt shows that nobody could be reached
// (no connection, DNS, a login page), on 429, and on any answer with a
// Retry-After; and when three records failed one after the other with nothing
// accepted in between. One record that fails by itself closes nothing: it waits
// for its own backoff and holds back only its own person. While offline, one
// worker probes: after about a second, then less and less often, at least every
// 30 s, or when Retry-After says. Each probe takes a record that is due, so that
// those which failed just now come last.
//
// Paused is entered when the upstream refuses the project rather than a record
// (a wrong key, a redirect, a bad certificate). It raises an alarm. One probe
// goes out after a second (was it this one body?), then one every five minutes,
// and at once after Update or Probe.
//
// Full speed is back within ten seconds: the first second carries a few sends,
// each next second twice as many, so that a site with ten tills does not fall
// over its upstream.
//
// # Records that fail by themselves
//
// A record that fails (5xx, no answer) although others passed since its last
// try is suspect; after ten such tries it is dead ("stuck"). A try counts only
// if at least four others passed for each that failed, so that an upstream that
// flaps kills nothing. A record that is refused as if the project were wrong
// (403 from a firewall that dislikes one body) three times, while others pass,
// is dead too. These counts are in memory: a restart begins them anew, which
// costs some more tries and never an event.
package forward
