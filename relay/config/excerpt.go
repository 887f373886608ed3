package config

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// keyLine is a line that begins with a key, and what stands before its value.
var keyLine = regexp.MustCompile(`^(?:\s*- )*\s*["']?([^\s"':{}\[\],#]+)["']?\s*:(?:\s+|$)`)

// excerpt is the line of a mark up to the end of what the mark is about, and a
// caret. What stands before and after it in the line may be secret, and is cut.
func (doc *document) excerpt(m mark) string {
	if m.line < 1 || m.line > len(doc.lines) || m.width == 0 {
		return ""
	}
	runes := []rune(doc.lines[m.line-1])
	from := min(m.column-1, len(runes))
	before, about := string(runes[:from]), runes[from:min(from+m.width, len(runes))]
	shown := strings.ReplaceAll(string(about), "\t", " ")
	if strings.TrimSpace(strings.TrimLeft(before, "- ")) != "" && keyLine.FindString(before) != before {
		before = "… "
	}
	if m.hidden {
		shown = Hidden
	} else if from+m.width < len(runes) {
		shown += "…"
	}
	return caret(m.line, before, shown)
}

// excerptSyntax is the line of a fault for which there is no tree that could
// say what in it is secret. It is shown only where its own key is a known one
// that holds no secret, and nor does any key above it.
func (doc *document) excerptSyntax(m mark) string {
	if m.line < 1 || m.line > len(doc.lines) {
		return ""
	}
	line := doc.lines[m.line-1]
	runes := []rune(line)
	column := min(m.column-1, len(runes))
	name := keyLine.FindStringSubmatch(line)
	if name == nil || !knownKey(name[1]) {
		return caret(m.line, "… ", "…")
	}
	prefix := name[0]
	if !doc.mayBeSecret(m.line) && !strings.ContainsAny(line[len(prefix):], "{[,") {
		before := strings.ReplaceAll(string(runes[:column]), "\t", " ")
		return caret(m.line, before, strings.ReplaceAll(string(runes[column:]), "\t", " "))
	}
	if len([]rune(prefix)) >= column {
		return caret(m.line, string(runes[:column]), "…")
	}
	return caret(m.line, prefix, "…")
}

// secretWord is in the keys that hold a secret, also when they are misspelt.
var secretWord = regexp.MustCompile(`(?i)key|token|secret|auth|pass|proxy|webhook|headers`)

// mayBeSecret says whether the line, or a key above it that it belongs to, is
// of a secret.
func (doc *document) mayBeSecret(number int) bool {
	indent := func(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }
	if secretWord.MatchString(doc.lines[number-1]) {
		return true
	}
	least := indent(doc.lines[number-1])
	for i := number - 2; i >= 0; i-- {
		line := doc.lines[i]
		deep := indent(line)
		if strings.TrimSpace(line) == "" || deep > least {
			continue
		}
		if secretWord.MatchString(line) && (deep < least || strings.HasPrefix(strings.TrimSpace(doc.lines[number-1]), "-")) {
			return true
		}
		least = deep
	}
	return false
}

// caret writes a line with its number and a caret below, after before.
func caret(number int, before, shown string) string {
	width := utf8.RuneCountInString(before)
	return fmt.Sprintf("%5d | %s%s\n      | %s^\n", number, before, shown, strings.Repeat(" ", width))
}
