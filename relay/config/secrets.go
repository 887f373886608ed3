package config

import (
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// Secrets are the texts in the config that must not be shown anywhere, in all
// the forms in which they may come back in somebody's error: for who takes them
// out of what others wrote.
func (c *Config) Secrets() []string {
	var list []string
	gatherSecrets(reflect.ValueOf(c).Elem(), &list)
	list = slices.DeleteFunc(list, func(text string) bool { return text == "" })
	slices.SortFunc(list, func(a, b string) int { return len(b) - len(a) }) // what holds another goes first
	return slices.Compact(list)
}

func gatherSecrets(v reflect.Value, list *[]string) {
	switch value := v.Interface().(type) {
	case Secret:
		*list = append(*list, value.Reveal())
		return
	case HookURL:
		*list = append(*list, value.secrets()...)
		return
	case Word:
		if value.hidden {
			*list = append(*list, value.Text)
		}
		return
	case Proxy:
		if at := value.URL(); at != nil && at.User != nil {
			password, _ := at.User.Password()
			*list = append(*list, password, url.QueryEscape(password), url.PathEscape(password),
				strings.TrimPrefix(url.UserPassword("", password).String(), ":"))
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				gatherSecrets(v.Field(i), list)
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			gatherSecrets(v.Index(i), list)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			gatherSecrets(v.MapIndex(key), list)
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			gatherSecrets(v.Elem(), list)
		}
	}
}
