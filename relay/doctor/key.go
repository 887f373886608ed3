package doctor

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// placeholder is what stands in instructions where the key belongs.
var placeholder = regexp.MustCompile(`(?i)your|example|secret[ _-]*key|api[ _-]*key|change[ _-]*me|replace|placeholder|todo|xxx|<.*>|\{\{.*\}\}|\.\.\.|…|^(test|key|secret|password|demo)$`)

// shortestKey is a length below which a key can be guessed, and is none.
const shortestKey = 8

// key looks at the form of a project's key, and sends it nowhere. It says
// nothing of what is in it.
func (p *Project) key() Check {
	c := Check{Name: "key", About: p.Name, Verdict: OK}
	text := string(p.Key)
	const again = "copy the Webhook Secret Key from the integrations tab of the Funnelytics account once more, and store it with `funnelrelay secret set`"
	bad := func(says string) Check {
		c.Verdict, c.Says, c.Remedy = Bad, says, again
		return c
	}
	lower := strings.ToLower(text)
	switch odd := oddLetters(text); {
	case text == "":
		return bad("there is no key")
	case text == p.ProjectID:
		return bad("project_id and api_key are the same text: one of them was copied twice")
	case strings.HasPrefix(lower, "bearer "), strings.HasPrefix(lower, "x-api-key"):
		return bad("the key begins with the name of a header, which is not a part of it")
	case strings.Contains(text, "://"):
		return bad("the key is an address")
	case quoted(text):
		return bad("the key stands in quotation marks, which would be sent with it")
	case odd != "":
		return bad("the key holds " + odd)
	case len(text) < shortestKey:
		return bad(fmt.Sprintf("the key has %d letters only", len([]rune(text))))
	}
	if placeholder.MatchString(text) {
		c.Verdict, c.Says, c.Remedy = Warn, "the key looks like the text that stands in instructions in a key's place", again
		return c
	}
	if placeholder.MatchString(p.ProjectID) {
		c.Verdict, c.Says = Warn, "the project_id looks like the text that stands in instructions in its place"
		c.Remedy = "copy the Webhook Account ID from the integrations tab of the Funnelytics account"
		return c
	}
	c.Says = fmt.Sprintf("%d characters, none of them odd; whether the upstream takes it only an event can show", len(text))
	return c
}

func quoted(text string) bool {
	first, last := text[0], text[len(text)-1]
	return len(text) > 1 && first == last && strings.ContainsRune("\"'`", rune(first))
}

// oddLetters says what in a key no key has, and what programs for writing texts
// put there; "" when there is nothing.
func oddLetters(text string) string {
	for _, r := range text {
		switch {
		case r == '“' || r == '”' || r == '„' || r == '’' || r == '–' || r == '—':
			return "a typographic quotation mark or dash, as a word processor makes of a plain one"
		case r == '\u00a0' || r == '\u200b' || r == '\ufeff' || r == '\u00ad' || !unicode.IsPrint(r):
			return "a character that cannot be seen"
		case r > unicode.MaxASCII:
			return "a letter that is not plain ASCII"
		}
	}
	if strings.TrimSpace(text) != text {
		return "a space at its beginning or end"
	}
	return ""
}
