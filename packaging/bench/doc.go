// Command bench drives the built binary over loopback and measures it: how
// fast it takes events that are on disk before each 2xx, how fast it sends
// them, and what a large backlog or none at all costs.
//
//	go run ./packaging/bench                          all scenarios, medians of 3
//	go run ./packaging/bench -only ingest-64,idle     some of them
//	go run ./packaging/bench -only backlog-1M -runs 1 -n 10000000
//
// Each measurement starts a fresh relay on a fresh folder, before an upstream
// of its own: a webhook in this process that counts the unique events which
// reach it. The load is a closed loop: a connection sends its next request
// when the last one is answered. Both share the machine's cores with the
// relay, so they do little: the load writes and reads HTTP/1.1 by itself. An
// event is a purchase of about 365 bytes, each with an email and an order of
// its own.
//
// All runs of one round go before the next round begins, so that a disturbance
// of minutes does not fall on one scenario alone; what is printed is the median
// of the rounds. On Linux each line also says how many cores other programs
// used meanwhile: above 0.3 a measurement is not worth quoting.
//
// The exit code is 1 when a scenario failed: an event was refused, lost, or
// sent twice. With -reference the same scenarios are measured with another
// program as well, in the same rounds, and the relay's figures are shown as a
// share of its own.
package main
