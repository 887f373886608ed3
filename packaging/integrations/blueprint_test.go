package integrations

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// blueprint is as much of Make's format as it takes to run one.
type blueprint struct {
	Name string
	Flow []struct {
		ID         int
		Module     string
		Version    int
		Parameters struct{ HandleErrors bool }
		Mapper     struct {
			Variables []struct{ Name, Value string }

			URL, Method, BodyType, ContentType, Data string
			Headers                                  []struct{ Name, Value string }
			ParseResponse, RejectUnauthorized        bool
			FollowRedirect, FollowAllRedirects       bool

			Retry bool
			Count string
		}
		OnError []struct{ Module string } `json:"onerror"`
	}
	Metadata struct {
		Version  int
		Scenario struct{ DLQ bool }
	}
}

// variables are the values that the first modules of a tool's blueprints give, by
// the text that stands for them; none for a tool without.
func variables(t *testing.T, tool string) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, name := range []string{"lead", "purchase"} {
		path := tool + "/" + name + ".blueprint.json"
		if _, err := os.Stat(path); err != nil {
			continue
		}
		b := readBlueprint(t, path)
		for _, v := range b.Flow[0].Mapper.Variables {
			text := fmt.Sprintf("%d.%s", b.Flow[0].ID, v.Name)
			if was, twice := values[text]; twice && was != v.Value {
				t.Errorf("%s is %q in one blueprint and %q in the other", text, was, v.Value)
			}
			values[text] = v.Value
		}
	}
	return values
}

func readBlueprint(t *testing.T, path string) blueprint {
	t.Helper()
	var b blueprint
	if err := json.Unmarshal([]byte(file(t, path)), &b); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return b
}

// The blueprints are run as Make runs them: the variables of the first module are
// put into the fields of the second, which is sent; what fails is kept and sent
// again as it was.
func TestBlueprints(t *testing.T) {
	for _, tool := range []string{"make", "integromat"} {
		for name, action := range map[string]string{"lead": "Lead", "purchase": "__commerce_action__"} {
			t.Run(tool+" "+name, func(t *testing.T) {
				b := readBlueprint(t, tool+"/"+name+".blueprint.json")
				if len(b.Flow) != 2 || b.Flow[0].Module != "util:SetVariables" || b.Flow[1].Module != "http:ActionSendData" || b.Flow[1].Version != 3 || b.Metadata.Version != 1 {
					t.Fatalf("%+v", b)
				}
				h := b.Flow[1]
				if !h.Parameters.HandleErrors || !h.Mapper.RejectUnauthorized || h.Mapper.FollowRedirect || h.Mapper.FollowAllRedirects || !h.Mapper.ParseResponse {
					t.Errorf("a refusal is no error, or a secret goes elsewhere: %+v", h)
				}
				if len(h.OnError) != 1 || h.OnError[0].Module != "builtin:Break" || !b.Metadata.Scenario.DLQ {
					t.Errorf("what fails is not kept: %+v", h.OnError)
				}
				request := ofModule(t, b)
				r := newRig(t, nil)
				if a := r.send(request); !a.is("202 queued") {
					t.Fatalf("%s\n%d %s", request, a.status, a.text)
				}
				holds(t, r.arrived(1)[0], action, example(action))
				if a := r.send(request); !a.is("200 duplicate") { // what Break does
					t.Errorf("again: %d %s", a.status, a.text)
				}
			})
		}
	}
}

// ofModule is what the HTTP module sends.
func ofModule(t *testing.T, b blueprint) []byte {
	t.Helper()
	values, m := map[string]string{}, b.Flow[1].Mapper
	for _, v := range b.Flow[0].Mapper.Variables {
		values[fmt.Sprintf("%d.%s", b.Flow[0].ID, v.Name)] = v.Value
	}
	table := map[string]string{"Method": strings.ToUpper(m.Method), "URL": filled(m.URL, values)}
	for _, h := range m.Headers {
		table["Header `"+h.Name+"`"] = filled(h.Value, values)
	}
	if m.BodyType != "raw" {
		t.Fatalf("body type %q", m.BodyType)
	}
	table["Header `Content-Type`"] = m.ContentType
	request, _ := ofTable(t, table, filled(m.Data, values))
	if left := regexp.MustCompile(`\{\{.*?\}\}|YOUR [A-Z ]+`).FindString(string(request)); left != "" {
		t.Errorf("nothing fills %q", left)
	}
	return request
}
