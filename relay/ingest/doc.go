// Package ingest takes events over HTTP, in the upstream's own words, so that
// a sender of webhooks needs another hostname and nothing else.
//
//	POST /api/v1/webhook/{action}
//	  application/json                    one object: one event; an array: a batch
//	  application/x-ndjson                a batch
//	  application/x-www-form-urlencoded   one event, purchase_data[0][__sku__]=…
//	  Content-Encoding: gzip              any of them
//	POST /api/v1/sources/{source}
//	  CSV, JSON, or a zip of such files or of an index.xml and its tables, as
//	  the bytes tell: read by the source's mapping, all of it or nothing
//
// The action is kept as the sender escaped it. X-PROJECT-ID picks the project
// (none: the first), X-API-KEY is checked wherever it is given, and
// Idempotency-Key names the event, or the batch, within its project and action.
// A query is not part of the contract and is not looked at.
//
// # Answers
//
//	202 {"id":"…","status":"queued"}      on disk, fsynced (P1)
//	202 {"id":"…","status":"dead"}        on disk, but it breaks the contract and the project says
//	                                      invalid: hold; it is not sent until a person has seen to it
//	200 {"id":"…","status":"duplicate"}   taken before, id is that of the first one (P5)
//	{"events":[{"id":…,"status":…},…]}    a batch, in its order: 202, or 200 where all are duplicates; a
//	                                      source adds "skipped":[{"order":…,"rule":…}]
//
// Everything else is application/problem+json (RFC 9457), or application/json
// for who accepts that and not this, with type, title, status, detail and, where
// the body is at fault, errors: every fault with its JSON pointer; in a batch,
// the pointer begins with the index of the event, counted from 0. A key that was
// used for another body adds first, the id of the event that has it.
//
//	400 not JSON in UTF-8         401 credentials       403 address, origin, reading from afar
//	404 no such path or project   405 not POST          408 the body came too slowly
//	413 too large                 415 type, charset or encoding
//	421 Host is not ours          422 breaks the contract
//	429 too many wrong tokens (Retry-After)
//	500 a fault of ours           503 stopping, busy or not writable (Retry-After)
//	507 the spool is full (Retry-After)
//
// A request that waits for the disk is answered with 503 after 16 s, so that its
// sender hears it before it gives up; whether the event was taken is not known
// then, and its Idempotency-Key makes the next try safe.
//
// A refused body is read on and thrown away, within bounds, before the answer:
// a sender that is still writing would otherwise see a reset connection.
//
// # Who may
//
// A request is direct when the port is bound to loopback, both ends of the
// connection are loopback addresses, Host is a loopback name, and no header
// says that a proxy or tunnel stands between. Direct requests may post without
// credentials. All others need the project's X-API-KEY or a bearer token,
// unless none is configured and Insecure is set. A wrong X-API-KEY is refused
// everywhere. Before that, for every path of the port: the address must be in
// Allow, Host must be loopback, listed, or the address that was connected to
// (DNS rebinding), and a browser's page of another origin must be listed.
//
// # Who may read and steer
//
// A Door asks for the admin token as Authorization: Bearer, or for the cookie of
// a session; package session has the cookie, the CSRF token that writing by it
// needs, and the one-time link. Both only from this machine, unless
// RemoteReading is set. Wrong tokens are slowed down by address, and those of
// other machines together; on this machine the right token of a program, and a
// link, always pass. A secret in an address is refused, for what it leaves in
// histories.
//
//	GET  /login?code=…  a one-time link: cookie, and 303 to next
//	POST /login         the form with the token: the same
//	POST /logout        ends the session
//	POST /api/v1/login  asks for a link, with the token only
//
// # Assumptions
//
// A proxy on the same machine that sets no header at all and sends a loopback
// Host cannot be told from a local sender; such a proxy must set
// X-Forwarded-For. The origin "null" (a page opened from a file) cannot be
// listed: any site can make one.
package ingest
