package machine

import (
	"regexp"
	"testing"
)

func TestID(t *testing.T) {
	id := ID()
	if id != ID() {
		t.Error("not the same twice")
	}
	if id != "" && !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(id) {
		t.Errorf("%q", id)
	}
	if (id == "") != (hide(systemID()) == "") {
		t.Errorf("%q of %q", id, systemID())
	}
}

func TestHide(t *testing.T) {
	const ours = "4c4c4544-0042-3510-8052-b4c04f333232"
	a, b := hide(ours), hide("4c4c4544-0042-3510-8052-b4c04f333233")
	if a == "" || a == b || a == ours {
		t.Errorf("%q %q", a, b)
	}
	if hide("  4C4C4544-0042-3510-8052-B4C04F333232\r\n") != a {
		t.Error("the case of letters or an end of line counts")
	}
	for _, none := range []string{"", "\n", "uninitialized\n", "00000000000000000000000000000000", "00000000-0000-0000-0000-000000000000"} {
		if got := hide(none); got != "" {
			t.Errorf("%q is %q", none, got)
		}
	}
}
