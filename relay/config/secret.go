package config

import (
	"fmt"
	"io"
	"log/slog"
	"unicode"
)

// Hidden is what stands where a secret would.
const Hidden = "•••"

// Secret is a text that must not be shown: however it is printed, logged or
// encoded, Hidden comes out. Reveal gives the text.
type Secret struct {
	// A pointer, since fmt prints the unexported fields of foreign structs
	// without asking the methods below, but does not follow a pointer there.
	text *string
}

// NewSecret wraps a text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal returns the text. Use it only where the text goes to its one reader.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Equal reports whether both hold the same text, though not in constant time.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

// IsZero reports whether there is no text.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// String hides the text.
func (s Secret) String() string { return Hidden }

// GoString hides the text.
func (s Secret) GoString() string { return Hidden }

// Format hides the text from every verb of fmt.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Hidden) }

// LogValue hides the text from log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(Hidden) }

// MarshalText hides the text from encoders that ask for text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(Hidden), nil }

// MarshalJSON hides the text.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + Hidden + `"`), nil }

// MarshalYAML hides the text.
func (s Secret) MarshalYAML() (any, error) { return Hidden, nil }

// readText takes what HTTP can carry in a header as it is: net/http would cut
// spaces off the ends without a word, and the upstream would say 401.
func (s *Secret) readText(text string) *fault {
	if f := headerText(text); f != nil {
		return f
	}
	s.text = &text
	return nil
}

// headerText checks a text that is sent as the value of a header.
func headerText(text string) *fault {
	switch {
	case text == "":
		return &fault{is: "is empty", write: "give it a text"}
	case text[0] == ' ' || text[len(text)-1] == ' ':
		return &fault{is: "begins or ends with a space", write: "take the space away: HTTP cannot carry it"}
	case len(text) > 4096:
		return &fault{is: "is longer than 4096 bytes", write: "check what was put there"}
	}
	for _, r := range text {
		if !unicode.IsPrint(r) {
			return &fault{
				is:    "holds a line end or another invisible character",
				write: "copy it again without; a file must hold one line in UTF-8",
			}
		}
	}
	return nil
}
