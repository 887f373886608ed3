package values

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Glob is a watch pattern. It may be used concurrently.
type Glob struct {
	text     string
	root     string
	deep     bool
	captures []string
	expr     *regexp.Regexp
	windows  bool
}

// Pattern compiles a watch pattern: * and ? stand for what a name holds
// between two separators, [abc] for one of these characters, {name} for a part
// that is not empty, {name:yyyyMMdd} for one that is such a date, ** as a whole
// folder for any number of folders, {{ and }} for a brace. On Windows / and \
// part folders, and letters' case does not count.
func Pattern(text string) (*Glob, error) { return newGlob(text, os.PathSeparator == '\\') }

func newGlob(text string, windows bool) (*Glob, error) {
	g := &Glob{text: text, windows: windows}
	slashed := strings.TrimSpace(text)
	if windows {
		slashed = strings.ReplaceAll(slashed, `\`, "/")
	}
	for strings.HasPrefix(slashed, "./") {
		slashed = slashed[2:]
	}
	switch {
	case slashed == "":
		return nil, fmt.Errorf("a pattern is empty: write one as in drop/orders-*.csv")
	case strings.HasSuffix(slashed, "/"):
		return nil, fmt.Errorf("%q ends with a folder: write which files in it, as in %s*.csv", text, text)
	}
	g.root, g.deep = globRoot(slashed, windows)
	var b strings.Builder
	b.WriteString("^")
	if windows {
		b.WriteString("(?i)")
	}
	segments := strings.Split(slashed, "/")
	for i, segment := range segments {
		last := i == len(segments)-1
		if segment == "**" {
			if last {
				return nil, fmt.Errorf("%q ends with **: write which files, as in **/*.csv", text)
			}
			b.WriteString("(?:[^/]+/)*")
			continue
		}
		if err := g.segment(&b, segment); err != nil {
			return nil, fmt.Errorf("%q %w", text, err)
		}
		if !last {
			b.WriteByte('/')
		}
	}
	expr, err := regexp.Compile(b.String() + "$")
	if err != nil {
		return nil, fmt.Errorf("%q is no pattern: %w", text, err)
	}
	g.expr = expr
	return g, nil
}

// globRoot is the folder before the first segment with a wildcard; deep: what
// follows it holds a folder, too.
func globRoot(slashed string, windows bool) (root string, deep bool) {
	wild := strings.IndexAny(slashed, "*?[{")
	if wild < 0 {
		wild = len(slashed)
	}
	end := strings.LastIndexByte(slashed[:wild], '/')
	root = "."
	switch {
	case end == 0:
		root = "/"
	case windows && end == 2 && slashed[1] == ':':
		root = slashed[:3] // D:/ is the drive, D: its current folder
	case end > 0:
		root = slashed[:end]
	}
	if windows {
		root = strings.ReplaceAll(root, "/", `\`)
	}
	return root, strings.Contains(slashed[end+1:], "/")
}

// segment writes a name between two separators as a regular expression.
func (g *Glob) segment(b *strings.Builder, text string) error {
	for text != "" {
		c := text[0]
		switch c {
		case '*':
			if strings.HasPrefix(text, "**") {
				return fmt.Errorf("has ** beside other text: it stands for whole folders, as in drop/**/*.csv")
			}
			b.WriteString("[^/]*")
			text = text[1:]
		case '?':
			b.WriteString("[^/]")
			text = text[1:]
		case '[':
			rest, err := globClass(b, text)
			if err != nil {
				return err
			}
			text = rest
		case '{', '}':
			if len(text) > 1 && text[1] == c {
				b.WriteString(regexp.QuoteMeta(text[:1]))
				text = text[2:]
				continue
			}
			end := strings.IndexByte(text, '}')
			if c == '}' || end < 0 {
				return fmt.Errorf("has a brace without its other half: write {{ or }} for one that is part of the name")
			}
			if err := g.capture(b, text[1:end]); err != nil {
				return err
			}
			text = text[end+1:]
		default:
			end := strings.IndexAny(text, "*?[{}")
			if end < 0 {
				end = len(text)
			}
			b.WriteString(regexp.QuoteMeta(text[:end]))
			text = text[end:]
		}
	}
	return nil
}

// globClass writes [abc], [a-z] or [!a] as a regular expression.
func globClass(b *strings.Builder, text string) (rest string, err error) {
	body := text[1:]
	not := body != "" && (body[0] == '!' || body[0] == '^')
	if not {
		body = body[1:]
	}
	end := -1
	if len(body) > 1 { // a ] at the start is one of the characters
		if end = strings.IndexByte(body[1:], ']'); end >= 0 {
			end++
		}
	}
	if end < 0 {
		return "", fmt.Errorf("has [ without ]: write [[] for one that is part of the name")
	}
	b.WriteByte('[')
	if not {
		b.WriteString("^/")
	}
	for i, r := range body[:end] {
		if r == '-' && i > 0 && i < end-1 {
			b.WriteByte('-')
			continue
		}
		b.WriteString(classMember(r))
	}
	b.WriteByte(']')
	return body[end+1:], nil
}

func classMember(r rune) string {
	if strings.ContainsRune(`\]^-[&~`, r) {
		return `\` + string(r)
	}
	return string(r)
}

// capture writes {name} or {name:yyyyMMdd} as a group.
func (g *Glob) capture(b *strings.Builder, text string) error {
	name, date, dated := strings.Cut(text, ":")
	name = strings.TrimSpace(name)
	if name == "" || strings.ContainsAny(name, "{}*?[]") {
		return fmt.Errorf("has {%s}, which has no name: write it as in {store} or {day:yyyyMMdd}", text)
	}
	if slices.Contains(g.captures, name) {
		return fmt.Errorf("has {%s} in two places: give them two names", name)
	}
	g.captures = append(g.captures, name)
	if !dated {
		b.WriteString("([^/]+?)")
		return nil
	}
	expr, ok := dateExpr(strings.TrimSpace(date))
	if !ok {
		return fmt.Errorf("has {%s}, whose date is no pattern: write it as in {%s:yyyyMMdd}", text, name)
	}
	b.WriteString("(" + expr + ")")
	return nil
}

// dateExpr is a regular expression for dates as in yyyyMMdd.
func dateExpr(pattern string) (expr string, ok bool) {
	var b strings.Builder
	for pattern != "" {
		c := pattern[0]
		width := len(pattern) - len(strings.TrimLeft(pattern, string(c)))
		switch token := pattern[:width]; token {
		case "yyyy":
			b.WriteString("[0-9]{4}")
		case "yy":
			b.WriteString("[0-9]{2}")
		case "MM":
			b.WriteString("(?:0[1-9]|1[0-2])")
		case "dd":
			b.WriteString("(?:0[1-9]|[12][0-9]|3[01])")
		case "HH":
			b.WriteString("(?:[01][0-9]|2[0-4])")
		case "mm", "ss":
			b.WriteString("[0-5][0-9]")
		case "SSS":
			b.WriteString("[0-9]{3}")
		default:
			if c != '-' && c != '_' && c != '.' && c != ' ' && c != 'T' && c < 0x80 {
				return "", false
			}
			b.WriteString(regexp.QuoteMeta(token))
		}
		ok = true
		pattern = pattern[width:]
	}
	return b.String(), ok
}

// Match says whether a path fits, and what its captures are: nil where the
// pattern has none. The path is written as the pattern is: absolute if it is,
// else relative to the same folder.
func (g *Glob) Match(path string) (map[string]string, bool) {
	if g.windows {
		path = strings.ReplaceAll(path, `\`, "/")
	}
	path = strings.TrimPrefix(path, "./")
	if len(g.captures) == 0 {
		return nil, g.expr.MatchString(path)
	}
	found := g.expr.FindStringSubmatch(path)
	if found == nil {
		return nil, false
	}
	captures := make(map[string]string, len(g.captures))
	for i, name := range g.captures {
		captures[name] = found[i+1]
	}
	return captures, true
}

// Captures are the names in the pattern, in its order.
func (g *Glob) Captures() []string { return g.captures }

// Root is the folder below which all files that fit lie: what stands before
// the first folder or name with a wildcard. It is "." for a pattern that is
// relative and begins with one.
func (g *Glob) Root() string { return g.root }

// Deep says that files in folders below Root may fit as well.
func (g *Glob) Deep() bool { return g.deep }

// String is the pattern as it was written.
func (g *Glob) String() string { return g.text }
