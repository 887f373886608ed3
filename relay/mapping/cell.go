package mapping

import (
	"strings"

	"funnelrelay/relay/rows"
)

// cellText is a row's cell as a value has it: without blanks around it and
// without what keeps a spreadsheet from taking it for a number or a formula
// (="0123", '0123). Columns that no key names are read so.
func cellText(row *rows.Row, column int) string {
	text := strings.TrimSpace(row.Cell(column))
	if len(text) < 2 || text[0] != '=' && text[0] != '\'' {
		return text
	}
	if text[0] == '\'' {
		if c := text[1]; '0' <= c && c <= '9' || strings.IndexByte("=+-@", c) >= 0 {
			return strings.TrimSpace(text[1:])
		}
		return text
	}
	if inner := text[1:]; len(inner) > 1 && inner[0] == '"' && inner[len(inner)-1] == '"' {
		return strings.TrimSpace(strings.ReplaceAll(inner[1:len(inner)-1], `""`, `"`))
	}
	return text
}
