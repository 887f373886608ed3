package rights

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

const relayAccount = `NT SERVICE\funnelrelay`

// TestVirtualSID holds the sum to an account that every Windows has.
func TestVirtualSID(t *testing.T) {
	sid, err := SID(`nt service\TrustedInstaller`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := sid.String(), "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestLinkIsRefused lays a link where the service's folder is to be.
func TestLinkIsRefused(t *testing.T) {
	folder := t.TempDir()
	link := filepath.Join(folder, "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Skipf("this user may make no links: %v", err)
	}
	if info, err := os.Lstat(link); err != nil || info.IsDir() {
		t.Skipf("a link does not show here: %v", err) // as under Wine
	}
	for _, give := range []func(path, account string) error{Private, Shared} {
		if err := give(link, relayAccount); err == nil || !strings.Contains(err.Error(), "is a link") {
			t.Errorf("a link was followed: %v", err)
		}
	}
}

// list reads back who may what, as the system has it.
func list(t *testing.T, path string) (map[string]windows.ACCESS_MASK, windows.SECURITY_DESCRIPTOR_CONTROL) {
	t.Helper()
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	control, _, err := sd.Control()
	if err != nil {
		t.Fatal(err)
	}
	acl, _, err := sd.DACL()
	if err != nil {
		t.Fatal(err)
	}
	return masks(t, acl), control
}

// masks are what each may by a list.
func masks(t *testing.T, acl *windows.ACL) map[string]windows.ACCESS_MASK {
	t.Helper()
	all, err := read(acl)
	if err != nil {
		t.Fatal(err)
	}
	who := map[string]windows.ACCESS_MASK{}
	for _, e := range all {
		who[e.sid.String()] |= e.mask
	}
	return who
}

const (
	system         = "S-1-5-18"
	administrators = "S-1-5-32-544"
	users          = "S-1-5-32-545"
)

// TestEntries looks at the lists before the system has them.
func TestEntries(t *testing.T) {
	sid, err := SID(relayAccount)
	if err != nil {
		t.Fatal(err)
	}
	for _, shared := range []bool{false, true} {
		acl, err := entries(relayAccount, shared)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]windows.ACCESS_MASK{system: fileAll, administrators: fileAll, sid.String(): fileAll}
		if shared {
			want[users] = fileModify
		}
		all, err := read(acl)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			if e.flags != windows.SUB_CONTAINERS_AND_OBJECTS_INHERIT {
				t.Errorf("%s has flags %x: is not handed down", e.sid, e.flags)
			}
		}
		if who := masks(t, acl); !maps.Equal(who, want) {
			t.Errorf("shared %v: got %x, want %x", shared, who, want)
		}
	}
}

// TestWith adds an account to a list, and takes nothing from anybody.
func TestWith(t *testing.T) {
	sid, err := SID(relayAccount)
	if err != nil {
		t.Fatal(err)
	}
	old, err := entries("", false)
	if err != nil {
		t.Fatal(err)
	}
	added, err := with(old, sid)
	if err != nil || added == nil {
		t.Fatalf("nothing was added: %v", err)
	}
	want := masks(t, old)
	want[sid.String()] = fileModify
	if who := masks(t, added); !maps.Equal(who, want) {
		t.Errorf("got %x, want %x", who, want)
	}
	open, err := entries("", true)
	if err != nil {
		t.Fatal(err)
	}
	for name, acl := range map[string]*windows.ACL{"one with the account": added, "one with all users": open} {
		if again, err := with(acl, sid); err != nil || again != nil {
			t.Errorf("%s was changed: %v", name, err)
		}
	}
}

// TestFolders gives folders and files their lists, and reads them back. Wine
// takes the lists, and keeps nothing of them: there the test shows that what is
// given can be used, and a second time given.
func TestFolders(t *testing.T) {
	sid, err := SID(relayAccount)
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "data")
	write(t, filepath.Join(data, "spool.db"), filepath.Join(data, "drop", "x.csv"))
	for range 2 {
		if err := Private(data, ""); err != nil {
			t.Fatal(err)
		}
		if err := Private(data, relayAccount); err != nil {
			t.Skipf("this process may not give folders away: %v", err)
		}
		if err := Shared(filepath.Join(data, "drop"), relayAccount); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Allow(data, relayAccount); err != nil {
		t.Fatal(err)
	}
	if _, err := Allow(filepath.Join(data, "none"), relayAccount); err == nil {
		t.Error("a folder that is not there was allowed")
	}
	if err := PrivateFile(filepath.Join(data, "spool.db"), relayAccount); err != nil {
		t.Fatal(err)
	}
	if wine() {
		return
	}
	for _, name := range []string{".", "spool.db", "drop", `drop\x.csv`} {
		who, control := list(t, filepath.Join(data, name))
		want := map[string]windows.ACCESS_MASK{system: fileAll, administrators: fileAll, sid.String(): fileAll}
		if name[0] == 'd' {
			want[users] = fileModify
		}
		if !maps.Equal(who, want) || control&windows.SE_DACL_PROTECTED == 0 {
			t.Errorf("%s: got %x, control %x; want %x, protected", name, who, control, want)
		}
	}
}

// wine says that no real Windows runs the test.
func wine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}
