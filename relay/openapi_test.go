package relay_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

// apiDocument is the OpenAPI document, and what was seen to be as it says.
type apiDocument struct {
	tree     map[string]any
	paths    map[string]any
	compiler *jsonschema.Compiler

	mu   sync.Mutex
	seen map[string]bool // "GET /api/v1/days": answered with 2xx
}

const documentURL = "file:///openapi.json"

var readDocument = sync.OnceValues(func() (*apiDocument, error) {
	text, err := os.ReadFile("control/openapi.yaml")
	if err != nil {
		return nil, err
	}
	var tree any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	inJSON, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(inJSON))
	if err != nil {
		return nil, err
	}
	d := &apiDocument{compiler: jsonschema.NewCompiler(), seen: map[string]bool{}}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource(documentURL, doc); err != nil {
		return nil, err
	}
	d.tree, _ = tree.(map[string]any)
	d.paths, _ = doc.(map[string]any)["paths"].(map[string]any)
	return d, nil
})

func document(t *testing.T) *apiDocument {
	t.Helper()
	d, err := readDocument()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// operation is the path, and in it the operation, that a request is for.
func (d *apiDocument) operation(method, path string) (template string, op map[string]any) {
	best := -1
	for candidate, item := range d.paths {
		fixed, ok := fits(candidate, path)
		found, has := item.(map[string]any)[strings.ToLower(method)].(map[string]any)
		if ok && has && fixed > best {
			template, op, best = candidate, found, fixed
		}
	}
	return template, op
}

// fits says whether a path is one of the template, and how many of its parts are
// fixed.
func fits(template, path string) (fixed int, ok bool) {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return 0, false
	}
	for i := range want {
		switch {
		case strings.HasPrefix(want[i], "{"):
		case want[i] != got[i]:
			return 0, false
		default:
			fixed++
		}
	}
	return fixed, true
}

func pointer(parts ...string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	for i := range parts {
		parts[i] = escape.Replace(parts[i])
	}
	return "#/" + strings.Join(parts, "/")
}

// at follows references.
func (d *apiDocument) at(t *testing.T, where string) (string, map[string]any) {
	t.Helper()
	var node any = d.tree
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for _, part := range strings.Split(strings.TrimPrefix(where, "#/"), "/") {
		m, _ := node.(map[string]any)
		if node = m[unescape.Replace(part)]; node == nil {
			return where, nil
		}
	}
	m, _ := node.(map[string]any)
	if ref, ok := m["$ref"].(string); ok {
		return d.at(t, ref)
	}
	return where, m
}

// holds has v be what the schema at where says.
func (d *apiDocument) holds(where string, v []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	schema, err := d.compiler.Compile(documentURL + where)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(v))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// content holds a body to what stands at where for its type.
func (d *apiDocument) content(t *testing.T, where, kind string, body []byte) error {
	t.Helper()
	where, node := d.at(t, where)
	if node == nil {
		return fmt.Errorf("%s is not in the document", where)
	}
	kinds, _ := node["content"].(map[string]any)
	if len(kinds) == 0 {
		if len(body) > 0 {
			return fmt.Errorf("there is a body, and %s has none", where)
		}
		return nil
	}
	kind, _, _ = mime.ParseMediaType(kind)
	described, ok := kinds[kind].(map[string]any)
	if !ok {
		return fmt.Errorf("%s is not among the types of %s", kind, where)
	}
	if described["schema"] == nil {
		return nil
	}
	schema := where + "/" + pointer("content", kind, "schema")[2:]
	switch kind {
	case "application/json", "application/problem+json":
		return d.holds(schema, body)
	case "application/x-ndjson":
		for line := range bytes.Lines(body) {
			if err := d.holds(schema, line); err != nil {
				return err
			}
		}
	}
	return nil
}

// exchange holds a request and its answer to the document. What a request asks
// that was granted is to be documented.
func (d *apiDocument) exchange(t *testing.T, req *http.Request, sent []byte, res *http.Response, got []byte) {
	t.Helper()
	template, op := d.operation(req.Method, req.URL.Path)
	if op == nil {
		if res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s %s is not in the document, and answers %d", req.Method, req.URL.Path, res.StatusCode)
		}
		return
	}
	operation := pointer("paths", template, strings.ToLower(req.Method))
	responses, _ := op["responses"].(map[string]any)
	status := fmt.Sprint(res.StatusCode)
	if responses[status] == nil {
		status = "default"
	}
	if res.StatusCode/100 == 2 && status == "default" {
		t.Errorf("%s %s answers %d, which is not in the document", req.Method, template, res.StatusCode)
	}
	if err := d.content(t, operation+"/"+pointer("responses", status)[2:], res.Header.Get("Content-Type"), got); err != nil {
		t.Errorf("%s %s answers %d %.300s\n%v", req.Method, req.URL.Path, res.StatusCode, got, err)
	}
	if res.StatusCode/100 != 2 {
		return
	}
	d.mu.Lock()
	d.seen[req.Method+" "+template] = true
	d.mu.Unlock()
	for name := range req.URL.Query() {
		if !d.parameter(t, template, op, name) {
			t.Errorf("%s %s took the parameter %s, which is not in the document", req.Method, template, name)
		}
	}
	if len(sent) > 0 {
		if _, node := d.at(t, operation+"/requestBody"); node == nil {
			t.Errorf("%s %s took a body, and the document has none", req.Method, template)
		} else if node["content"].(map[string]any)["application/json"] != nil && req.URL.Path != "/api/v1/events/check" {
			if err := d.content(t, operation+"/requestBody", "application/json", sent); err != nil {
				t.Errorf("%s %s took %.300s\n%v", req.Method, template, sent, err)
			}
		}
	}
}

// parameter says whether one of the URL is in the document.
func (d *apiDocument) parameter(t *testing.T, template string, op map[string]any, name string) bool {
	item := d.paths[template].(map[string]any)
	for _, list := range []any{op["parameters"], item["parameters"]} {
		entries, _ := list.([]any)
		for _, e := range entries {
			p, _ := e.(map[string]any)
			if ref, ok := p["$ref"].(string); ok {
				_, p = d.at(t, ref)
			}
			if p["name"] == name && p["in"] == "query" {
				return true
			}
		}
	}
	return false
}

// drained reads a request's body, and leaves it to be sent.
func drained(t *testing.T, req *http.Request) []byte {
	t.Helper()
	if req.Body == nil {
		return nil
	}
	text, err := io.ReadAll(req.Body)
	if err != nil {
		t.Fatal(err)
	}
	req.Body = io.NopCloser(bytes.NewReader(text))
	return text
}

// unasked are the operations that no test of this package can have answered with
// 2xx.
var unasked = map[string]bool{
	"POST /api/v1/webhook/{action}": true, "POST /api/v1/sources/{source}": true, "GET /healthz": true, "GET /readyz": true, "GET /metrics": true, // other tests
	"POST /api/v1/reload": true,
}

// TestMain sees, when all tests have run, that each operation of the document was
// asked for and granted, so that all of it was held to the document.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if filter := flag.Lookup("test.run"); code == 0 && filter.Value.String() == "" && flag.Lookup("test.list").Value.String() == "" && flag.Lookup("test.fuzz").Value.String() == "" {
		d, err := readDocument()
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		for path, item := range d.paths {
			for method := range item.(map[string]any) {
				if operation := strings.ToUpper(method) + " " + path; method != "parameters" && !d.seen[operation] && !unasked[operation] {
					fmt.Println("no test has " + operation + " of openapi.yaml granted")
					code = 1
				}
			}
		}
	}
	os.Exit(code)
}
