package config

import (
	"reflect"
	"slices"

	"funnelrelay/relay/source"
)

// Changed lists the keys whose values differ, by path and sorted, and never
// what they hold. A project or source that came or went is one key,
// projects.NAME or sources.NAME; another order of them is projects or sources.
func Changed(old, new *Config) []string {
	var changed []string
	compare("", reflect.ValueOf(old).Elem(), reflect.ValueOf(new).Elem(), &changed)
	slices.Sort(changed)
	return changed
}

// NeedRestart picks from keys that changed those that cannot be taken up while
// the daemon runs: where it listens, and where its data are.
func NeedRestart(changed []string) []string {
	var list []string
	for _, key := range changed {
		if key == "listen" || key == "data" || key == "http.tls" {
			list = append(list, key)
		}
	}
	return list
}

func compare(path string, old, new reflect.Value, changed *[]string) {
	switch was := old.Interface().(type) {
	case Projects:
		compareProjects(path, was, new.Interface().(Projects), changed)
		return
	case Sources:
		compareSources(path, was, new.Interface().(Sources), changed)
		return
	case Rate, Secret, Proxy, TLS, source.Header, source.Hours:
	default:
		if old.Kind() != reflect.Struct {
			break
		}
		for _, field := range reflect.VisibleFields(old.Type()) {
			if name := field.Tag.Get("yaml"); name != "" {
				compare(join(path, name), old.FieldByIndex(field.Index), new.FieldByIndex(field.Index), changed)
			}
		}
		return
	}
	empty := (old.Kind() == reflect.Slice || old.Kind() == reflect.Map) && old.Len() == 0 && new.Len() == 0
	if !empty && !reflect.DeepEqual(old.Interface(), new.Interface()) {
		*changed = append(*changed, path)
	}
}

func compareProjects(path string, old, new Projects, changed *[]string) {
	same := compareNamed(path, old, new, func(p *Project) string { return p.Name }, changed)
	if !same || len(old) > 0 && len(new) > 0 && old[0].Name != new[0].Name { // the first is the default
		*changed = append(*changed, path)
	}
}

func compareSources(path string, old, new Sources, changed *[]string) {
	if !compareNamed(path, old, new, func(s *source.Source) string { return s.Name }, changed) {
		*changed = append(*changed, path)
	}
}

// compareNamed compares what stands under a name of its own, and says whether
// those that stayed are in their old order.
func compareNamed[T any](path string, old, new []T, name func(*T) string, changed *[]string) (sameOrder bool) {
	find := func(list []T, wanted string) *T {
		for i := range list {
			if name(&list[i]) == wanted {
				return &list[i]
			}
		}
		return nil
	}
	var before, after []string // those that stayed, in their orders
	for i := range old {
		was := name(&old[i])
		now := find(new, was)
		if now == nil {
			*changed = append(*changed, join(path, was))
			continue
		}
		before = append(before, was)
		compare(join(path, was), reflect.ValueOf(old[i]), reflect.ValueOf(*now), changed)
	}
	for i := range new {
		now := name(&new[i])
		if find(old, now) != nil {
			after = append(after, now)
		} else {
			*changed = append(*changed, join(path, now))
		}
	}
	return slices.Equal(before, after)
}
