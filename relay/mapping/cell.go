package mapping

import (
	"strings"

	"funnelrelay/relay/rows"
)

// cellText is a row's cell as a value has it: without blanks around it. Columns
// that no key names are read so.
func cellText(row *rows.Row, column int) string { return strings.TrimSpace(row.Cell(column)) }
