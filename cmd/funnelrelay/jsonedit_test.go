package main

import (
	"encoding/json"
	"testing"
)

func TestSetValue(t *testing.T) {
	const body = `{"n": 12345678901234567890, "a":"x" , "purchase_data":[{"s":"1"},{"c":2.50,"d":{}}],"a/b~":null}`
	for _, c := range []struct{ at, value, want string }{
		{"a", `"y"`, `{"n": 12345678901234567890, "a":"y" , "purchase_data":[{"s":"1"},{"c":2.50,"d":{}}],"a/b~":null}`},
		{"/purchase_data/1/c", `3`, `{"n": 12345678901234567890, "a":"x" , "purchase_data":[{"s":"1"},{"c":3,"d":{}}],"a/b~":null}`},
		{"/purchase_data/1/e", `3`, `{"n": 12345678901234567890, "a":"x" , "purchase_data":[{"s":"1"},{"c":2.50,"d":{},"e":3}],"a/b~":null}`},
		{"/purchase_data/1/d/e", `3`, `{"n": 12345678901234567890, "a":"x" , "purchase_data":[{"s":"1"},{"c":2.50,"d":{"e":3}}],"a/b~":null}`},
		{"/purchase_data/0", `7`, `{"n": 12345678901234567890, "a":"x" , "purchase_data":[7,{"c":2.50,"d":{}}],"a/b~":null}`},
		{"/a~1b~0", `7`, `{"n": 12345678901234567890, "a":"x" , "purchase_data":[{"s":"1"},{"c":2.50,"d":{}}],"a/b~":7}`},
		{"z", `{}`, `{"n": 12345678901234567890, "a":"x" , "purchase_data":[{"s":"1"},{"c":2.50,"d":{}}],"a/b~":null,"z":{}}`},
		{"n", "", `{ "a":"x" , "purchase_data":[{"s":"1"},{"c":2.50,"d":{}}],"a/b~":null}`},
		{"a/b~", "", `{"n": 12345678901234567890, "a":"x" , "purchase_data":[{"s":"1"},{"c":2.50,"d":{}}]}`},
		{"/purchase_data/0", "", `{"n": 12345678901234567890, "a":"x" , "purchase_data":[{"c":2.50,"d":{}}],"a/b~":null}`},
		{"/purchase_data/0/s", "", `{"n": 12345678901234567890, "a":"x" , "purchase_data":[{},{"c":2.50,"d":{}}],"a/b~":null}`},
	} {
		var value []byte
		if c.value != "" {
			value = []byte(c.value)
		}
		got, err := setValue([]byte(body), c.at, value)
		if err != nil || string(got) != c.want || !json.Valid(got) {
			t.Errorf("%s:\ngot  %s %v\nwant %s", c.at, got, err, c.want)
		}
	}
	for _, at := range []string{"/a/b", "/purchase_data/2", "/purchase_data/-1", "/purchase_data/x", "/none/a", "/n/1"} {
		if got, err := setValue([]byte(body), at, []byte("1")); err == nil {
			t.Errorf("%s: %s", at, got)
		}
	}
	if got, err := setValue([]byte(body), "none", nil); err == nil {
		t.Errorf("taken out: %s", got)
	}
	if got, err := setValue([]byte(`{ }`), "a", []byte("1")); err != nil || string(got) != `{"a":1 }` {
		t.Errorf("%s %v", got, err)
	}
	for _, broken := range []string{``, `[1`, `{"a":`, `{"b":1,`, `7`} {
		if got, err := setValue([]byte(broken), "a", []byte("1")); err == nil {
			t.Errorf("%s became %s", broken, got)
		}
	}
	for at, want := range map[string]string{"/a~1b~0": "null", "a/b~": "null", "/purchase_data/1/c": "2.50", "/none": ""} {
		if got := valueAt([]byte(body), at); string(got) != want {
			t.Errorf("%s is %s", at, got)
		}
	}
	for _, c := range [][3]string{
		{"5", "12", "5"}, {"5", `"12"`, `"5"`}, {"5", "", `"5"`}, {"x", "12", `"x"`}, {"5 6", "12", `"5 6"`}, {"[1]", "[]", "[1]"},
	} {
		if got := assigned(c[0], []byte(c[1])); string(got) != c[2] {
			t.Errorf("%q after %s became %s", c[0], c[1], got)
		}
	}
}
