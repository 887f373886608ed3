// Package control is what people and their programs ask the daemon: is it
// well, what waits, and why. It reads the spool and the state of forwarding,
// and changes nothing, but for what a person decides. The command line and monitoring use the same answers.
package control
