package event

// Facts are kept beside an event's body in the spool: what sending it needs
// and the body does not say.
type Facts struct {
	Action string // decoded
	Path   string // escaped as it came
	Source string // the way in
	// StampAt is where in the body the text of the relay's own stamp begins;
	// 0: the dateTime is the sender's own (no text can begin at 0).
	StampAt int
	// ClockWrong says that the stamp was given while the clock was not to be
	// believed.
	ClockWrong bool
}
