package config

import (
	"reflect"
	"strings"

	"funnelrelay/relay/source"
)

// nearest is the name that was probably meant; "" if none is near.
func nearest(text string, names []string) string {
	best, found := max(2, len(text)/3)+1, ""
	if len(text) <= 3 {
		best = 2
	}
	if len(text) > 64 {
		return ""
	}
	for _, name := range names {
		if bare(text) == bare(name) {
			return name
		}
		if far := distance(bare(text), bare(name)); far < best && far < len(name) {
			best, found = far, name
		}
	}
	return found
}

// bare takes from a name what people write differently: apiKey, API-KEY.
func bare(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
}

// distance is the number of letters to add, take away, change or swap with
// their neighbour to get from a to b.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	rows := make([][]int, len(from)+1)
	for i := range rows {
		rows[i] = make([]int, len(to)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(from); i++ {
		for j := 1; j <= len(to); j++ {
			change := 1
			if from[i-1] == to[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(from)][len(to)]
}

// keys lists every key that a config can have, by path; a project's are under
// projects.NAME, a source's under sources.NAME.
func keys() []string {
	var list []string
	addKeys("", reflect.TypeFor[Config](), &list)
	return list
}

func addKeys(path string, t reflect.Type, list *[]string) {
	for _, field := range reflect.VisibleFields(t) {
		name := field.Tag.Get("yaml")
		if name == "" {
			continue
		}
		at := join(path, name)
		*list = append(*list, at)
		switch {
		case field.Type == reflect.TypeFor[Projects]():
			addKeys(at+".NAME", reflect.TypeFor[Project](), list)
		case field.Type == reflect.TypeFor[Sources]():
			addKeys(at+".NAME", reflect.TypeFor[source.Source](), list)
		case field.Type == reflect.TypeFor[[]Target]():
			addKeys(at, reflect.TypeFor[Target](), list)
		case field.Type == reflect.TypeFor[[]source.Join]():
			addKeys(at, reflect.TypeFor[source.Join](), list)
		case field.Type.Kind() == reflect.Pointer:
			addKeys(at, field.Type.Elem(), list)
		case field.Type.Kind() == reflect.Struct:
			addKeys(at, field.Type, list)
		}
	}
}

// homeOf says under which keys a key is known; "" if under none.
func homeOf(key string) string {
	var homes []string
	for _, path := range keys() {
		cut := strings.LastIndex(path, ".")
		if path[cut+1:] != key {
			continue
		}
		if cut < 0 {
			homes = append(homes, "the top level")
			continue
		}
		homes = append(homes, "`"+path[:cut]+"`")
	}
	return orList(homes)
}

// knownKey says whether a key is known anywhere.
func knownKey(key string) bool { return homeOf(key) != "" }
