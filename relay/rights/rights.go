package rights

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Private makes the folder at path if it is not there, and gives it, with all
// that is inside, to account alone. Links are not followed. It needs root, or
// an elevated process, where account is another user.
func Private(path, account string) error {
	if err := ownFolder(path); err != nil {
		return err
	}
	if err := private(path, account); err != nil {
		return fmt.Errorf("rights of %s: %w", path, err)
	}
	return nil
}

// Shared makes the folder at path if it is not there. The users of this
// machine may create, change and delete files in it, and account may take
// them: on Unix those in the group of account, who may also pass through the
// folder in which it lies, without seeing what else is there; on Windows all.
func Shared(path, account string) error {
	if err := ownFolder(path); err != nil {
		return err
	}
	if err := shared(path, account); err != nil {
		return fmt.Errorf("rights of %s: %w", path, err)
	}
	return nil
}

// PrivateFile lets account alone read and write the file at path, which must
// be there.
func PrivateFile(path, account string) error {
	if err := privateFile(path, account); err != nil {
		return fmt.Errorf("rights of %s: %w", path, err)
	}
	return nil
}

// ownFolder refuses a folder in which other things than the relay's lie.
func ownFolder(path string) error {
	if !filepath.IsAbs(path) {
		return fmt.Errorf("rights of %s: not a full path", path)
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		real = filepath.Clean(path) // is not there yet
	}
	for _, other := range foreign() {
		if other != "" && holds(real, other) {
			return fmt.Errorf("rights of %s: the folder holds %s, which is not the relay's; name a folder of its own", path, other)
		}
	}
	return nil
}

// foreign are places that belong to the system or to a person.
func foreign() []string {
	home, _ := os.UserHomeDir()
	program, _ := os.Executable()
	return append(systemPlaces(), home, filepath.Dir(program), os.TempDir())
}

// holds says that inner is folder itself or lies in it.
func holds(folder, inner string) bool {
	rel, err := filepath.Rel(folder, inner)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
