package control

import (
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// elsewhere are the paths of the document that other packages serve.
var elsewhere = []string{
	"POST /api/v1/reload", "POST /api/v1/login", "POST /api/v1/alarms/test", "POST /api/v1/webhook/{action}", "POST /api/v1/sources/{source}", "GET /healthz", "GET /readyz", "GET /metrics",
}

// TestRoutesAreDocumented: what is served is in the document, and the other way
// round. That requests and answers are as it says is held by the tests over the
// port.
func TestRoutesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]any `yaml:"paths"`
	}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	served, documented := map[string]bool{}, map[string]bool{}
	for _, r := range routes {
		served[r.pattern] = true
	}
	for _, pattern := range elsewhere {
		served[pattern] = true
	}
	ids := map[any]bool{}
	for path, item := range doc.Paths {
		for method, op := range item {
			if method == "parameters" {
				continue
			}
			documented[strings.ToUpper(method)+" "+path] = true
			id := op.(map[string]any)["operationId"]
			if id == nil || ids[id] {
				t.Errorf("%s %s: operationId %v is missing or there twice", method, path, id)
			}
			ids[id] = true
		}
	}
	for pattern := range served {
		if !documented[pattern] {
			t.Errorf("%s is served and not documented", pattern)
		}
	}
	for pattern := range documented {
		if !served[pattern] {
			t.Errorf("%s is documented and not served", pattern)
		}
	}
}
