// Package notify tells people of alarms where they are: it posts them to a
// webhook, mails them, or hands them to a command.
//
//	                 ┌─► teller ─► webhook
//	alarm.Board ─────┼─► teller ─► mail server
//	                 └─► teller ─► command
//
// There is no queue. A teller knows what it has told, compares that with the
// board, and tells the difference, so that nothing can overflow or be lost, and
// what is told is how things are, and not how they were when a network went
// away. What was told is kept over restarts, so that a till that is switched off
// each night does not tell the same each morning.
//
//   - An alarm is told when it has been open for Settle, and that it is over when
//     it has been over for as long: one that comes and goes is not told twice, and
//     one that was over before it was told is not told at all.
//   - It is told again each Repeat while it is open, until a person has seen it.
//     One that a person has seen before it was told is not told. Where more has
//     come up since it was seen (alarm.Board.RaiseCount), it is told again.
//   - What fails is tried again without an end, after 5 s at first and 15 min at
//     last. From the third failure in a row on an alarm says so, which is told to
//     the others and never to the one that fails.
//   - An alarm may be told twice where an answer was lost.
//
// Raising an alarm never waits for any of this.
package notify
