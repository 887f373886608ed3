package dropfolder

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Folders and files that the relay makes in a watched folder.
const (
	doneDir     = "done"
	rejectedDir = "rejected"
	whySuffix   = ".why.txt"
	leaseName   = ".funnelrelay-lease"
	readmeName  = "README.txt"
)

// temporary are the ends of names that programs give to what is not finished.
var temporary = [...]string{
	".tmp", ".temp", ".part", ".partial", ".crdownload", ".download", ".filepart", ".swp", ".opdownload", whySuffix,
}

// ignored says that a name is none of a file to take: one that is not finished
// yet, an office program's lock, or what a system puts into folders.
func ignored(name string) bool {
	lower := strings.ToLower(name)
	switch {
	case lower == "", lower[0] == '.', strings.HasPrefix(lower, "~"), strings.HasSuffix(lower, "~"),
		lower == "thumbs.db", lower == "desktop.ini":
		return true
	}
	for _, end := range temporary {
		if strings.HasSuffix(lower, end) {
			return true
		}
	}
	return false
}

// ours says that a folder is one that the relay, or a system, keeps beside the
// files: it is never walked.
func ours(name string) bool {
	return strings.EqualFold(name, doneDir) || strings.EqualFold(name, rejectedDir) ||
		strings.HasPrefix(name, ".") || strings.HasPrefix(name, "$") ||
		strings.EqualFold(name, "System Volume Information")
}

// rejectsName is how a file of rejected rows is called, also when a person
// saved a copy of it: sales.csv.rows.csv, sales.csv.rows (2).csv.
var rejectsName = regexp.MustCompile(`(?i)^(.+)\.rows[^./\\]*\.(csv|ndjson)$`)

// Original is the path of the file that a file of corrected rows came from;
// the path itself for any other.
func Original(path string) string {
	dir, name := filepath.Split(path)
	if m := rejectsName.FindStringSubmatch(name); m != nil {
		return dir + m[1]
	}
	return path
}

// withNumber is name for its nth use: "sales (2).csv". The first is name
// itself.
func withNumber(name string, n int) string {
	if n < 2 {
		return name
	}
	ext := filepath.Ext(name)
	return strings.TrimSuffix(name, ext) + " (" + strconv.Itoa(n) + ")" + ext
}

// markersOf are the names of the markers that say that name is complete.
func markersOf(name, marker string) []string {
	return []string{name + marker, strings.TrimSuffix(name, filepath.Ext(name)) + marker}
}
