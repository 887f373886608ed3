// Package event is the webhook's contract: what an event is, what makes a body
// legal for the upstream, and the stamp that it gets when its sender gave no
// dateTime. It imports nothing of ours. Every rule names the sentence of the
// vendor's contract that it comes from.
package event
