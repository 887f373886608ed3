package learn

import (
	"fmt"
	"os"
	"testing"
)

func TestZZ(t *testing.T) {
	names := []string{os.Getenv("F")}
	if names[0] == "" {
		t.Skip()
	}
	f, err := Files(os.DirFS("/tmp/lt"), names, Options{Folder: "/tmp/lt/"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s", f.YAML())
	for _, q := range f.Questions {
		fmt.Printf("Q %+v\n", q)
	}
}
