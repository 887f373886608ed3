package integrations

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// workflow is as much of n8n's format as it takes to see what it will send.
type workflow struct {
	Nodes []struct {
		Name, Type  string
		RetryOnFail bool
		MaxTries    int
		WaitBetween int `json:"waitBetweenTries"`
		Parameters  struct {
			Assignments struct {
				Assignments []struct{ Name, Value string }
			}
			JSONOutput                                                    string
			FieldToSplitOut, Method, URL, SendBody, SpecifyBody, JSONBody any
			HeaderParameters                                              struct {
				Parameters []struct{ Name, Value string }
			}
			Options struct{ Timeout int }
		}
	}
	Connections map[string]struct {
		Main [][]struct{ Node string }
	}
}

// The workflow that a real n8n runs in n8n/test is this one: its nodes hang
// together, its settings are those of a relay on the same machine, and what it
// sends, by the expressions in it, is the contract's examples.
func TestWorkflow(t *testing.T) {
	var w workflow
	if err := json.Unmarshal([]byte(file(t, "n8n/workflow.json")), &w); err != nil {
		t.Fatal(err)
	}
	settings, events := map[string]string{}, []struct {
		Action, Key string
		Event       json.RawMessage
	}{}
	for i, n := range w.Nodes {
		if i+1 < len(w.Nodes) {
			if c := w.Connections[n.Name].Main; len(c) != 1 || len(c[0]) != 1 || c[0][0].Node != w.Nodes[i+1].Name {
				t.Errorf("%s leads to %v", n.Name, c)
			}
		}
		for _, a := range n.Parameters.Assignments.Assignments {
			settings[a.Name] = a.Value
		}
		if n.Parameters.JSONOutput != "" {
			var all map[string]json.RawMessage
			if err := json.Unmarshal([]byte(n.Parameters.JSONOutput), &all); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(all["events"], &events); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(settings) != 3 || settings["relay"] != "http://127.0.0.1:8787" || len(events) != 2 {
		t.Fatalf("settings %v, events %v", settings, events)
	}
	node := w.Nodes[len(w.Nodes)-1]
	if !node.RetryOnFail || node.MaxTries != 5 || node.WaitBetween != 5000 || node.Parameters.Options.Timeout != 40_000 || node.Parameters.JSONBody != "={{ $json.event }}" {
		t.Errorf("%+v", node)
	}
	r := newRig(t, nil)
	for i, e := range events {
		evaluate := func(expression string) string {
			return regexp.MustCompile(`\{\{ (.*?) \}\}`).ReplaceAllStringFunc(strings.TrimPrefix(expression, "="), func(code string) string {
				code = strings.Trim(code, "{} ")
				name, isSetting := strings.CutPrefix(code, "$('Settings').first().json.")
				switch {
				case isSetting:
					return settings[name]
				case code == "$json.key":
					return e.Key
				case code == "encodeURIComponent($json.action)":
					return e.Action
				}
				t.Fatalf("what is %q?", code)
				return ""
			})
		}
		table := map[string]string{"Method": fmt.Sprint(node.Parameters.Method), "URL": evaluate(fmt.Sprint(node.Parameters.URL))}
		for _, h := range node.Parameters.HeaderParameters.Parameters {
			table["Header `"+h.Name+"`"] = evaluate(h.Value)
		}
		request, action := ofTable(t, table, string(e.Event))
		if a := r.send(request); !a.is("202 queued") {
			t.Fatalf("%s\n%d %s", request, a.status, a.text)
		}
		holds(t, r.arrived(i + 1)[i], action, example(action))
	}
}

// The collection is one of Postman's own format, every variable in it is set by
// the environment, by itself or by a script of it, no secret was exported with it,
// and every request has a test. newman runs it, in .ci/postman.
func TestCollection(t *testing.T) {
	collection, environment := file(t, "postman/collection.json"), file(t, "postman/environment.json")
	var c struct {
		Info struct{ Schema string }
		Item []struct {
			Name  string
			Event []struct {
				Listen string
				Script struct{ Exec []string }
			}
			Request struct {
				Method string
				Body   struct{ Mode, Raw string }
			}
		}
		Variable []struct{ Key, Value string }
	}
	var e struct {
		Values []struct{ Key, Value string }
	}
	if err := json.Unmarshal([]byte(collection), &c); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(environment), &e); err != nil {
		t.Fatal(err)
	}
	if c.Info.Schema != "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" || len(c.Item) != 6 {
		t.Errorf("schema %q, %d requests", c.Info.Schema, len(c.Item))
	}
	known := map[string]bool{}
	for _, v := range e.Values {
		known[v.Key] = true
		if v.Key == "api_key" && v.Value != secretKey || v.Key == "base_url" && v.Value != "http://127.0.0.1:8787" {
			t.Errorf("%s is %q", v.Key, v.Value)
		}
	}
	for _, v := range c.Variable {
		known[v.Key] = true
		if v.Value != "" || !strings.Contains(collection, "pm.collectionVariables.set('"+v.Key+"'") {
			t.Errorf("%s has a value, or is set by nothing", v.Key)
		}
	}
	for _, m := range regexp.MustCompile(`\{\{([^}]*)\}\}`).FindAllStringSubmatch(collection, -1) {
		if !known[m[1]] && m[1] != "$guid" {
			t.Errorf("{{%s}} is set by nothing", m[1])
		}
	}
	for _, item := range c.Item {
		tests := 0
		for _, event := range item.Event {
			if event.Listen == "test" {
				tests += strings.Count(strings.Join(event.Script.Exec, "\n"), "pm.test(")
			}
		}
		if tests != 1 || item.Request.Method != "POST" || item.Request.Body.Mode != "raw" {
			t.Errorf("%s: %d tests, %s, %s", item.Name, tests, item.Request.Method, item.Request.Body.Mode)
		}
	}
	// The lead is the contract's, as it is.
	if want, got := text(decoded(t, exampleLead)), text(decoded(t, c.Item[0].Request.Body.Raw)); got != want {
		t.Errorf("the lead is %s", got)
	}
}
