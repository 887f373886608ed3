// Package integrations is what the senders of the webhook's contract need to
// work with the relay: for each something to import or to fill in, a guide of a
// page, and the requests that it sends. Its tests keep all of that true:
//
//	NAME/README.md        every field table and JSON text is read as the tool would, and sent;
//	                      every command is run, or its shape checked
//	NAME/wire/*.http      every request is replayed, byte for byte, over a connection
//	custom/LANGUAGE/      every client whose runtime is here is run, also against lost answers
//	reach/                every proxy that is here is run in front of the relay
//
// The relay in these tests is the real one, on a real port, before the sandbox.
// With FUNNELRELAY_NEED_RUNTIMES=1 a runtime that is missing is a failure, and
// not a reason to skip.
//
// The tools that are too heavy for a test are run by scripts, which also record
// the requests: .ci/postman, and n8n/test. What stands in wire/ from documentation
// only, says so in its first lines.
package integrations
