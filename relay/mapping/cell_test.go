package mapping

import (
	"testing"

	"funnelrelay/relay/source"
)

// A guard is taken away once, by rows: what looks like one afterwards is text.
func TestCellsWithApostrophes(t *testing.T) {
	m := made(t, &source.Source{}, Options{Action: "Lead"})
	check(t, read(t, m, text(`code,item`, ` '0123,'90s`, `"=""'07""",'12" single`), File{}),
		`action 5mq7rkzgwmrvt Lead {"code":"0123","item":"'90s"}`, `action aqbh56q1kar52 Lead {"code":"'07","item":"'12\" single"}`)
}
