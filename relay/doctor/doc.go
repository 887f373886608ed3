// Package doctor looks at everything outside of the relay that the relay stands
// on, and says of each what is wrong and what to do about it, in plain words.
//
//	config    mistakes and warnings of the file, version, time zone
//	upstream  name, proxy, TLS and who issued its certificate, the form of the key
//	clock     plausible, and the same as the upstream's
//	disk      room, speed of an fsync, a disk of this machine
//	folders   rights, mapped drives, locks of an antivirus program
//	service   installed, running; the port
//	spool     what is in it adds up
//
// It sends no event and no key: the upstream gets a HEAD without either. It
// leaves nothing behind: files that it writes to try a folder are gone when it
// returns.
//
// A share that does not answer holds a system call for minutes, and nothing can
// take it back. So every look has a time of its own, after which it is told as
// unanswered, and its goroutine is left behind until the system lets it go.
// Callers that run the doctor again and again must not do so at once.
package doctor
