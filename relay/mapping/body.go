package mapping

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// appendQuoted writes text as a JSON string. Bytes that are no UTF-8 become
// U+FFFD.
func appendQuoted(dst []byte, text string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(text[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(append(dst, text[from:i]...), "\ufffd"...)
				from = i + 1
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, text[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			const hex = "0123456789abcdef"
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		from = i
	}
	return append(append(dst, text[from:]...), '"')
}

// member begins a member of an object that was opened in dst, with its comma.
// name is quoted already.
func member(dst []byte, name string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return append(append(dst, name...), ':')
}

func textMember(dst []byte, name, text string) []byte {
	return appendQuoted(member(dst, name), text)
}

func centsMember(dst []byte, name string, cents int64) []byte {
	return strconv.AppendInt(member(dst, name), cents, 10)
}

// appendTime writes t as a dateTime of the contract ("in ISO-8601 format"), with
// milliseconds where there are any.
func appendTime(dst []byte, t time.Time) []byte {
	layout := "2006-01-02T15:04:05-07:00"
	if t.Nanosecond() >= int(time.Millisecond) {
		layout = "2006-01-02T15:04:05.000-07:00"
	}
	return t.AppendFormat(dst, layout)
}

// Names of members, quoted.
const (
	nameEmail    = `"email"`
	nameSession  = `"session"`
	nameDateTime = `"dateTime"`
	namePurchase = `"purchase_data"`
	nameSKU      = `"__sku__"`
	nameLabel    = `"__label__"`
	nameTotal    = `"__total_in_cents__"`
	nameOrder    = `"__order__"`
	nameCurrency = `"__currency__"`
)
