package rows

import "slices"

// dropReason takes out of an object the reason for which its row was refused,
// so that a row that comes back corrected is read as it was without it.
func dropReason(v *Value) {
	i := slices.IndexFunc(v.members, func(m Member) bool { return m.Name == ReasonColumn })
	if i < 0 {
		return
	}
	v.raw = withoutMember(v.raw, i)
	v.members = slices.Delete(slices.Clone(v.members), i, i+1)
}

// withoutMember is the text of an object, which was read, without its member i
// and one comma beside it.
func withoutMember(raw string, i int) string {
	text, at := []byte(raw), 1
	for n := 0; ; n++ {
		from := at // behind the { or the comma
		for range 2 {
			var part extent // the name, then the value
			at += spaces(text[at:])
			part.feed(text[at:])
			at += part.size
			at += spaces(text[at:])
			if text[at] == ':' {
				at++
			}
		}
		last := text[at] == '}'
		if n == i {
			switch {
			case !last:
				at++
			case i > 0:
				from--
			}
			return raw[:from] + raw[at:]
		}
		at++
	}
}
