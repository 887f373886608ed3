package learn

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode"

	"funnelrelay/relay/rows"
)

// oneByte are the encodings that tills of our seven languages write, where
// bytes do not prove one: Windows' in the west, which is the default, DOS', and
// Windows' in the east.
func oneByte() []string { return []string{"windows-1252", "ibm850", "windows-1250"} }

// encodings looks for the encoding in which the words of a file look right, if
// its bytes do not prove one.
func (set *sampled) encodings(fsys fs.FS, name string, ro *rows.Options) {
	if set.encoding != "" {
		set.encodingWhy = "as you said"
		return
	}
	best, odds := "", 0
	var words []Way
	for i, candidate := range oneByte() {
		odd, word, guessed := oddity(fsys, name, candidate)
		if !guessed || word == "" {
			return
		}
		if i == 0 || odd < odds {
			best, odds = candidate, odd
			set.encodingWhy = fmt.Sprintf("bytes do not prove it; read so, words look right, as %q", word)
		}
		words = append(words, Way{candidate, fmt.Sprintf("a word of the file is then %q", word)})
	}
	set.encoding, ro.Encoding = best, best
	if odds > 0 {
		set.encodingWays = words
	}
}

// oddity counts the letters that stand where none of their kind can, read in an
// encoding, and shows a word with one that is not ASCII. Not guessed: the bytes
// prove their encoding.
func oddity(fsys fs.FS, name, encoding string) (odd int, word string, guessed bool) {
	r, err := rows.Open(fsys, name, rows.Options{Encoding: encoding, NoHeader: true})
	if err != nil {
		return 0, "", false
	}
	defer func() { _ = r.Close() }()
	for range 5000 {
		row, err := r.Next()
		var broken *rows.Broken
		if errors.As(err, &broken) {
			continue
		}
		if err != nil {
			break
		}
		for _, cell := range row.Cells {
			for part := range strings.FieldsSeq(cell) {
				n, foreign := oddLetters(part)
				odd += n
				if foreign && word == "" {
					word = part
				}
			}
		}
	}
	return odd, word, r.Format().Guessed
}

// oddLetters counts what can hardly stand in a word: a sign between letters, a
// capital behind a small letter, a character of control.
func oddLetters(word string) (odd int, foreign bool) {
	before := ' '
	list := []rune(word)
	for i, r := range list {
		after := ' '
		if i+1 < len(list) {
			after = list[i+1]
		}
		switch {
		case r < 0x80:
		case unicode.IsControl(r) || r == unicode.ReplacementChar || 0x2500 <= r && r < 0x2600:
			odd, foreign = odd+1, true
		case unicode.IsLetter(r):
			foreign = true
			if unicode.IsUpper(r) && unicode.IsLower(before) {
				odd++
			}
		default:
			foreign = true
			if (unicode.IsLetter(before) || unicode.IsLetter(after)) && r != '’' && r != '®' && r != '™' && r != 'ª' && r != 'º' && r != '°' && r != '€' {
				odd++
			}
		}
		before = r
	}
	return odd, foreign
}
