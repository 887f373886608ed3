package mapping

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
)

// identity is what an event is known by.
type identity struct {
	key   string // in its key
	shown string // for people, and as __order__
	moved bool   // its time was put apart from that of an equal one
}

var errNoTime = errors.New("the row has neither an id nor a time, and the file is written anew all day (mode: rewrite), " +
	"so that it could not be told from a row that was taken before; fill in its time")

// identify finds the id of what the group holds. Where k is nil, it is made of
// its rows; equal ones at the same time are then put a millisecond apart, as the
// upstream would take them for one.
func (o *Orders) identify(what string, k *key, s *values.Scope, g *group, at *when, wrong *wrongs) identity {
	if k != nil {
		id, err := k.text(s)
		if err == nil && id == "" {
			err = o.missing(k, what)
		}
		wrong.add(err)
		return identity{key: id, shown: id}
	}
	if !at.known && o.m.source.Mode == source.Rewrite && len(*wrong) == 0 {
		wrong.add(errNoTime)
		return identity{}
	}
	if !at.known || o.file.Growing {
		return o.placed(g)
	}
	sum := o.digest(g)
	n, err := o.repeats.next(binary.LittleEndian.Uint64(sum[8:]))
	if err != nil {
		o.err = fmt.Errorf("%s: %w", o.file.Name, err)
		return identity{}
	}
	id := identity{key: hex.EncodeToString(sum[:16]), shown: short(sum)}
	if n > 0 {
		id.moved = true
		id.key += "-" + strconv.Itoa(n)
		id.shown += "-" + strconv.Itoa(n+1)
		at.at = at.at.Add(time.Duration(n) * time.Millisecond)
	}
	return id
}

// placed is the identity of rows that are known by their place in the file.
func (o *Orders) placed(g *group) identity {
	key := o.file.Scope + "#" + strconv.FormatInt(g.at.Record, 10)
	return identity{key: key, shown: short(sha256.Sum256([]byte(key)))}
}

var shortNames = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// short is a text of 13 letters and digits that stands for a hash.
func short(sum [32]byte) string { return shortNames.EncodeToString(sum[:8]) }

// digest is the hash of what the mapping reads of a group's rows.
func (o *Orders) digest(g *group) [32]byte {
	b := o.room[:0]
	for _, name := range o.m.captures {
		b = appendPart(b, o.file.Captures[name])
	}
	for _, row := range g.rows {
		b = append(b, '\n')
		switch {
		case o.table != nil:
			for _, i := range o.table.hashed {
				b = appendPart(b, strings.TrimSpace(row.Cell(i)))
			}
		case o.plain != nil || o.m.items != nil && o.m.items.each != "" || o.m.custom != nil && o.m.custom.all:
			b = appendJSON(b, row.Value)
		default:
			for _, path := range o.m.paths {
				b = appendJSON(b, row.Value.Get(path))
			}
		}
	}
	o.room = b
	return sha256.Sum256(b)
}

// appendPart writes text so that no two lists of texts are written alike.
func appendPart(dst []byte, text string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(text)))
	return append(dst, text...)
}

// appendJSON writes what a value says, whatever spaces it was written with.
func appendJSON(dst []byte, v *rows.Value) []byte {
	switch v.Kind() {
	case rows.Array:
		dst = append(dst, '[')
		for _, element := range v.Elements() {
			dst = appendJSON(dst, element)
		}
		return append(dst, ']')
	case rows.Object:
		dst = append(dst, '{')
		for _, m := range v.Members() {
			dst = appendJSON(appendPart(dst, m.Name), m.Value)
		}
		return append(dst, '}')
	case rows.String:
		return appendPart(append(dst, '"'), v.Text())
	case rows.Null:
		return append(dst, 'n')
	}
	return appendPart(append(dst, '0'), v.Text())
}

// content is the hash of what matters of an order: when it comes again with
// other content, it was changed. The order of its lines does not matter.
func content(p *purchase, kind Kind) uint64 {
	h := hash(hashStart, string(kind))
	h = p.into(h)
	h = hash(h, p.currency)
	lines := uint64(0)
	for i := range p.lines {
		l := &p.lines[i]
		lines += spread(hashNumber(hash(hash(hashStart, l.sku), l.label), l.cents))
	}
	return spread(hashNumber(h, int64(lines)))
}

// into takes when and who into h.
func (p *purchase) into(h uint64) uint64 {
	if p.known {
		h = hashNumber(h, p.at.UnixMilli())
	}
	return hash(hash(h, string(p.email)), string(p.session))
}
