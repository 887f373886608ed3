package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"

	"funnelrelay/relay/secret"
)

// Env is what references read. The zero Env is the process's environment and
// the machine's files.
type Env struct {
	// Lookup finds an environment variable. Default: os.LookupEnv.
	Lookup func(name string) (string, bool)

	// Open opens a file for ${file:}, and for a ${cred:} that systemd hands
	// over. Default: os.Open, for regular files only.
	Open func(path string) (fs.File, error)
}

// maxReference is the most that one file may hold: a key is a line.
const maxReference = 64 << 10

// references puts values in for ${env:NAME}, ${file:PATH} and ${cred:NAME}.
type references struct {
	env    Env
	folder string // of the config file
}

const referenceForms = "write ${env:NAME}, ${file:PATH} or ${cred:NAME}; a literal ${ is written $${"

// put replaces the references in a text. What they hold is not looked at for
// references again. Faults name the reference, never what it holds.
func (r references) put(text string, secret bool) (string, bool, []fault) {
	var b strings.Builder
	var faults []fault
	referred := false
	for {
		before, rest, found := strings.Cut(text, "${")
		if !found {
			b.WriteString(text)
			return b.String(), referred, faults
		}
		if strings.HasSuffix(before, "$") { // $${
			b.WriteString(before + "{")
			text = rest
			continue
		}
		b.WriteString(before)
		inside, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", referred, append(faults, fault{"has a ${ without its }", referenceForms})
		}
		held, f := r.resolve(inside, secret)
		if f != nil {
			faults = append(faults, *f)
		}
		referred = true
		b.WriteString(held)
		text = after
	}
}

// referenceNames lists the references of a text without what stands beside
// them, which may be a part of a secret.
func referenceNames(text string) string {
	var names []string
	for {
		before, rest, found := strings.Cut(text, "${")
		if !found {
			return strings.Join(names, " and ")
		}
		text = rest
		if strings.HasSuffix(before, "$") {
			continue
		}
		inside, after, _ := strings.Cut(rest, "}")
		names = append(names, "${"+inside+"}")
		text = after
	}
}

func (r references) resolve(inside string, secret bool) (string, *fault) {
	kind, name, _ := strings.Cut(inside, ":")
	if name == "" || kind != "env" && kind != "file" && kind != "cred" ||
		strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", &fault{"has a reference of an unknown kind", referenceForms}
	}
	switch kind {
	case "env":
		if text, ok := r.lookup(name); ok {
			return text, nil
		}
		return "", &fault{
			fmt.Sprintf("the environment variable %s is not set", name),
			"set it where the daemon is started (a service does not see your terminal's), or use ${file:PATH}",
		}
	case "cred":
		return r.credential(name)
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(r.folder, name)
	}
	// Docker mounts its secrets readable by all into a tree of their own.
	return r.file(name, secret && !strings.HasPrefix(filepath.ToSlash(name), "/run/secrets/"))
}

// credential is a secret that systemd hands to the daemon, or one that is
// stored beside the config.
func (r references) credential(name string) (string, *fault) {
	if err := secret.CheckName(name); err != nil {
		return "", &fault{err.Error(), "write it as `funnelrelay secret list` shows it"}
	}
	store := secret.Beside(filepath.Join(r.folder, "config.yaml"))
	places := store.Folder
	if folder, ok := r.lookup("CREDENTIALS_DIRECTORY"); ok && folder != "" {
		path := filepath.Join(folder, name)
		f, err := r.open(path)
		if err == nil {
			f.Close()
			return r.file(path, false)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", &fault{fmt.Sprintf("%s: %v", path, cause(err)), "check that the daemon's user may read it"}
		}
		places = folder + " or " + store.Folder
	}
	text, err := store.Get(name)
	switch {
	case err == nil:
		return text, nil
	case errors.Is(err, fs.ErrNotExist):
		return "", &fault{
			fmt.Sprintf("there is no secret %s in %s", name, places),
			fmt.Sprintf("run `funnelrelay secret set %s`", name),
		}
	case errors.Is(err, fs.ErrPermission):
		return "", &fault{
			fmt.Sprintf("the secret %s in %s cannot be read by this user", name, store.Folder),
			"run it as the service's account or with more rights (sudo, or an administrator's terminal)",
		}
	}
	is, write, found := strings.Cut(err.Error(), "; ")
	if !found {
		write = fmt.Sprintf("run `funnelrelay secret set %s` again", name)
	}
	return "", &fault{is, write}
}

func (r references) lookup(name string) (string, bool) {
	if r.env.Lookup != nil {
		return r.env.Lookup(name)
	}
	return os.LookupEnv(name)
}

// file reads a file's text without its last line end. One that must be private
// is refused when every user of the machine could read it.
func (r references) file(path string, private bool) (string, *fault) {
	f, err := r.open(path)
	if err != nil {
		return "", &fault{fmt.Sprintf("%s: %v", path, cause(err)), "check the path, and that the daemon's user may read it"}
	}
	defer func() { _ = f.Close() }() // only read
	if info, err := f.Stat(); err == nil && private && runtime.GOOS != "windows" && info.Mode().Perm()&0o004 != 0 {
		return "", &fault{
			fmt.Sprintf("%s can be read by every user of this machine", path),
			fmt.Sprintf("run `chmod o-rwx %s`", shellWord(path)),
		}
	}
	data, err := io.ReadAll(io.LimitReader(f, maxReference+1))
	switch {
	case err != nil:
		return "", &fault{fmt.Sprintf("%s: %v", path, cause(err)), "check that the daemon's user may read it"}
	case len(data) > maxReference:
		return "", &fault{path + " is larger than 64 KiB", "a value is one line; check the path"}
	}
	text := strings.TrimPrefix(string(data), "\ufeff") // Notepad's mark
	if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
		return "", &fault{path + " is not text in UTF-8", "save it as UTF-8 (Windows PowerShell's > writes UTF-16)"}
	}
	text = strings.TrimSuffix(text, "\n")
	return strings.TrimSuffix(text, "\r"), nil
}

// open opens a regular file. A pipe would block the start for ever.
func (r references) open(path string) (fs.File, error) {
	if r.env.Open != nil {
		return r.env.Open(path)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a file")
	}
	return os.Open(path)
}

// cause takes from an error of package os the path, which is named already.
func cause(err error) error {
	var p *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return missing{}
	case errors.As(err, &p):
		return p.Err
	}
	return err
}

// missing is fs.ErrNotExist in plain words: a service waits for its config.
type missing struct{}

func (missing) Error() string { return "no such file" }
func (missing) Unwrap() error { return fs.ErrNotExist }

// shellWord quotes a path for a shell where it must be.
func shellWord(path string) string {
	if strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,") == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
