package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// probeName is how files are called that are written to try a folder: none that
// the relay takes for a till's.
const probeName = ".funnelrelay-doctor-*.tmp"

const rightsRemedy = "give the account that runs the relay the rights: `funnelrelay service install` does so for the service's"

// rights looks at what is the relay's own.
func (o *Options) rights() []Check {
	list := []Check{o.dataFolder()}
	add := func(c Check, there bool) {
		if there {
			list = append(list, c)
		}
	}
	add(ownFile("spool", o.Spool, os.O_RDWR))
	add(ownFile("token", o.Token, os.O_RDONLY))
	if _, err := os.Stat(o.Witness); o.Witness != "" && err == nil {
		list = append(list, usable("witness", o.Witness, "the folder beside the data folder, by which it is noticed that an older copy was put back,"))
	}
	if o.Log != "" {
		if dir := filepath.Dir(o.Log); dir != o.Data {
			list = append(list, usable("log", dir, "the folder of the log"))
		}
	}
	for _, path := range o.KeyFiles {
		c, there := ownFile("keyfile", path, os.O_RDONLY)
		if !there {
			c = Check{Name: "keyfile", About: path, Verdict: Bad, Says: "the file of a key is not there",
				Remedy: "look at the path in the config, or store the key with `funnelrelay secret set`"}
		}
		list = append(list, c)
	}
	return list
}

// dataFolder tries what the spool needs of its folder.
func (o *Options) dataFolder() Check {
	c := Check{Name: "rights", About: o.Data, Verdict: OK, Says: "the data folder can be read and written"}
	switch err := try(o.Data); {
	case errors.Is(err, fs.ErrNotExist):
		c.Verdict, c.Says = Skipped, "the data folder is not there yet: the first start makes it"
	case err != nil:
		c.Verdict, c.Says, c.Remedy = Bad, "the data folder cannot be used: "+plainFile(err), rightsRemedy
	case open(o.Data):
		c.Verdict, c.Says = Warn, "every user of this machine can look into the data folder"
		c.Remedy = "run `chmod o-rwx " + o.Data + "`"
	}
	return c
}

// usable tries a folder without which the relay runs, and lacks something.
func usable(name, folder, what string) Check {
	c := Check{Name: name, About: folder, Verdict: OK, Says: what + " can be written"}
	switch err := try(folder); {
	case errors.Is(err, fs.ErrNotExist):
		c.Verdict, c.Says = Skipped, what+" is not there yet"
	case err != nil:
		c.Verdict, c.Says, c.Remedy = Warn, what+" cannot be written: "+plainFile(err), rightsRemedy
	}
	return c
}

// open says that others than its account and group may read a file or a folder.
// On Windows the list of rights says that, and only to who may see it.
func open(path string) bool {
	info, err := os.Stat(path)
	return err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o006 != 0
}

// try makes, renames and removes a file in a folder.
func try(folder string) (err error) {
	f, err := os.CreateTemp(folder, probeName)
	if err != nil {
		return err
	}
	name := f.Name()
	if err := f.Close(); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	if err := os.Rename(name, name+"2.tmp"); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return os.Remove(name + "2.tmp")
}

// ownFile looks at a file that nobody else is to read. there is false for one
// that is not there.
func ownFile(name, path string, mode int) (c Check, there bool) {
	if path == "" {
		return c, false
	}
	c = Check{Name: name, About: path, Verdict: OK, Says: "can be read"}
	if mode == os.O_RDWR {
		c.Says = "can be read and written"
	}
	f, err := os.OpenFile(path, mode, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return c, false
	}
	if err != nil {
		c.Verdict, c.Says, c.Remedy = Bad, "cannot be opened: "+plainFile(err), rightsRemedy
		return c, true
	}
	_ = f.Close()                                                                  // nothing was written
	if open(path) && !strings.HasPrefix(filepath.ToSlash(path), "/run/secrets/") { // Docker's, of the container alone
		c.Verdict, c.Says = Bad, "every user of this machine can read it"
		c.Remedy = "run `chmod o-rwx " + path + "`"
	}
	return c, true
}

// check tries a watched folder: files are to be read there, and put away.
func (f *Folder) check() Check {
	c := Check{Name: "folder", About: f.Path, Verdict: OK}
	of := ""
	if f.Source != "" {
		of = " of source " + f.Source
	}
	files, err := os.ReadDir(f.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && f.Own:
		c.Verdict, c.Says = Skipped, "the drop folder is not there yet: the relay makes it when it starts"
		return c
	case errors.Is(err, fs.ErrNotExist):
		c.Verdict, c.Says = Bad, "the folder"+of+" is not there"
		c.Remedy = "make the folder, or correct `watch` in the config; it is taken up as soon as it appears"
		return c
	case err != nil:
		c.Verdict, c.Says, c.Remedy = Bad, "the folder"+of+" cannot be read: "+plainFile(err), rightsRemedy
		return c
	}
	for _, e := range files {
		if !e.Type().IsRegular() {
			continue
		}
		file, err := os.Open(filepath.Join(f.Path, e.Name()))
		if errors.Is(err, fs.ErrPermission) {
			c.Verdict, c.Says = Bad, fmt.Sprintf("a file in the folder%s cannot be read: %s", of, e.Name())
			c.Remedy = "have the till write its files so that the relay's account may read and delete them"
			return c
		}
		if err == nil {
			_ = file.Close() // only opened
		}
		break
	}
	c.Says = "files" + of + " can be read"
	if f.Keeps {
		return c
	}
	if err := try(f.Path); err != nil {
		c.Verdict, c.Says = Bad, "files"+of+" can be read, and not be put away: "+plainFile(err)
		c.Remedy = rightsRemedy + "; or leave them where they are: `after: keep`"
		return c
	}
	c.Says += ", and be put away"
	return c
}
