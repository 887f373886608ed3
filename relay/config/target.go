package config

import (
	"fmt"
	"io"
	"net/url"
	"strings"

	"go.yaml.in/yaml/v4"
)

// HookURL is the URL of a webhook. Whoever knows one may use it, so that only
// its host is ever shown.
type HookURL struct{ url Secret }

// NewHookURL reads one.
func NewHookURL(text string) (HookURL, error) {
	var h HookURL
	if f := h.readText(text); f != nil {
		return HookURL{}, fmt.Errorf("webhook %s; %s", f.is, f.write)
	}
	return h, nil
}

// Reveal returns the whole URL. Use it only where the request is made.
func (h HookURL) Reveal() string { return h.url.Reveal() }

// Equal reports whether both are the same.
func (h HookURL) Equal(other HookURL) bool { return h.url.Equal(other.url) }

// IsZero reports whether there is none.
func (h HookURL) IsZero() bool { return h.url.IsZero() }

// Host is the host that it is on, with its port.
func (h HookURL) Host() string {
	u, err := url.Parse(h.url.Reveal())
	if err != nil {
		return "" // cannot be: readText parsed it
	}
	return u.Host
}

// secrets are the URL and those of its parts by which it could be used.
func (h HookURL) secrets() []string {
	u, err := url.Parse(h.url.Reveal())
	if err != nil || h.IsZero() {
		return nil
	}
	list := []string{h.url.Reveal(), u.RawQuery}
	if path := u.EscapedPath(); len(path) > 8 { // a shorter one is in many a text
		list = append(list, path)
	}
	if u.User != nil {
		password, _ := u.User.Password()
		list = append(list, u.User.String(), password)
	}
	return list
}

// String writes the URL without what is secret in it.
func (h HookURL) String() string {
	if h.IsZero() {
		return ""
	}
	scheme, _, _ := strings.Cut(h.url.Reveal(), "://")
	return strings.ToLower(scheme) + "://" + h.Host() + "/" + Hidden
}

// Format writes the URL without what is secret in it, for every verb of fmt.
func (h HookURL) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, h.String()) }

func (h *HookURL) readText(text string) *fault {
	const write = "write it as in https://hooks.example/…"
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme == "" || u.Opaque != "" || u.Hostname() == "":
		return &fault{is: "is not the URL of a webhook", write: write}
	case u.Scheme != "https" && u.Scheme != "http":
		return &fault{is: "is neither https:// nor http://", write: write}
	case u.Port() != "" && !port(u.Port(), 1):
		return &fault{is: "has no port that can be", write: write}
	case u.Fragment != "":
		return &fault{is: "has a # in it, and what stands behind it is not sent", write: "take it away"}
	}
	if f := headerText(text); f != nil {
		return f
	}
	h.url = NewSecret(text)
	return nil
}

// Headers are sent with a webhook, in the order of the file.
type Headers []Header

// Header is one of them.
type Header struct {
	Name  string
	Value Secret
}

func (h *Headers) readNode(d *decoder, n *yaml.Node, path string) {
	var list Headers
	d.pairs(n, path, "names and values, as in `{Authorization: \"Bearer ${file:PATH}\"}`", func(key, value *yaml.Node, at string) {
		var one Secret
		switch text, ok := d.text(value, at, true); {
		case !ok:
			return
		case !token(key.Value):
			d.fail(key, at, "is not the name of a header", "write it as in Authorization or X-Token")
		case ownHeader(key.Value):
			d.fail(key, at, "is set by the relay itself", "take it away")
		default:
			if f := one.readText(text); f != nil {
				d.wrong(value, at, f)
				return
			}
			list = append(list, Header{key.Value, one})
		}
	})
	*h = list
}

// token says whether a text can be the name of a header.
func token(text string) bool {
	return text != "" && len(text) <= 128 &&
		strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~") == ""
}

func ownHeader(name string) bool {
	switch strings.ToLower(name) {
	case "content-type", "content-length", "host", "transfer-encoding", "connection":
		return true
	}
	return false
}

// Command is a program and its arguments.
type Command []Word

// Word is a part of a command. One that was made of a reference may be secret,
// and is not shown.
type Word struct {
	Text   string
	hidden bool
}

// Equal reports whether both are the same text.
func (w Word) Equal(other Word) bool { return w.Text == other.Text }

// Words are the program and its arguments.
func (c Command) Words() []string {
	words := make([]string, len(c))
	for i, w := range c {
		words[i] = w.Text
	}
	return words
}

// Hidden are the words that may be secret.
func (c Command) Hidden() []string {
	var list []string
	for _, w := range c {
		if w.hidden {
			list = append(list, w.Text)
		}
	}
	return list
}

// String writes the word, or Hidden where it may be secret.
func (w Word) String() string {
	if w.hidden {
		return Hidden
	}
	return w.Text
}

// Format writes what String does, for every verb of fmt.
func (w Word) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, w.String()) }

func (c *Command) readNode(d *decoder, n *yaml.Node, path string) {
	entries := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		entries = n.Content
	} else if n.Kind != yaml.ScalarNode {
		d.fail(n, path, "wants a list, and has "+kindName(n), "write the program and its arguments, as in [/usr/local/bin/tell, --loud]")
		return
	}
	var list Command
	for i, entry := range entries {
		entry = behind(entry)
		at := path
		if n.Kind == yaml.SequenceNode {
			at = index(path, i)
		}
		text, ok := d.text(entry, at, false)
		switch {
		case !ok:
		case strings.ContainsRune(text, 0):
			d.at(at, "holds a character that no argument can have", "take it away")
		default:
			list = append(list, Word{text, strings.Contains(entry.Value, "${")})
		}
	}
	*c = list
}

// readNode reads the keys and looks at them at once: an entry with a mistake in
// it is not kept, and would not be looked at later.
func (t *Target) readNode(d *decoder, n *yaml.Node, path string) {
	d.plain(n, path, t)
	t.check(d, path)
}

// targetTree turns a target into the YAML that would be read as it, without what
// was left out.
func targetTree(t Target) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	add := func(key string, value *yaml.Node) { n.Content = append(n.Content, textNode(key), value) }
	if !t.Webhook.IsZero() {
		add("webhook", textNode(t.Webhook.String()))
	}
	if len(t.Headers) > 0 {
		headers := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
		for _, h := range t.Headers {
			headers.Content = append(headers.Content, textNode(h.Name), textNode(Hidden))
		}
		add("headers", headers)
	}
	if m := t.Mail; m != nil {
		add("mail", mailTree(m))
	}
	if len(t.Command) > 0 {
		words := make([]string, len(t.Command))
		for i, w := range t.Command {
			words[i] = w.String()
		}
		add("command", listTree(words))
	}
	if len(t.Only) > 0 {
		add("only", listTree(t.Only))
	}
	return n
}

func mailTree(m *Mail) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	n.Content = append(n.Content, textNode("server"), textNode(m.Server), textNode("from"), textNode(escape(m.From)), textNode("to"), listTree(m.To))
	if m.User != "" {
		n.Content = append(n.Content, textNode("user"), textNode(escape(m.User)))
	}
	if !m.Password.IsZero() {
		n.Content = append(n.Content, textNode("password"), textNode(Hidden))
	}
	n.Content = append(n.Content, textNode("tls"), textNode(string(m.TLS)))
	return n
}

func listTree(list []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, text := range list {
		n.Content = append(n.Content, textNode(escape(text)))
	}
	return n
}
