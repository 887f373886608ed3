package ingest

import (
	"mime"
	"net/http"
	"slices"
	"strings"
)

// bodyKind is what a body is by its content type.
type bodyKind int

const (
	kindJSON bodyKind = iota + 1
	kindNDJSON
	kindForm
)

// bodyForm is how a body is to be read.
type bodyForm struct {
	kind    bodyKind
	gzip    bool
	charset string // for a source; empty: none was said
}

// acceptPost lists the types that are taken, for people and for the Accept-Post
// header (W3C Linked Data Platform 1.0), which tells it to a program.
const acceptPost = "application/json, application/x-ndjson, application/x-www-form-urlencoded"

// formOf reads Content-Type and Content-Encoding.
func formOf(h http.Header) (bodyForm, *problem) {
	form := bodyForm{}
	var p *problem
	if form.kind, p = kindOf(h["Content-Type"]); p != nil {
		return form, p
	}
	form.gzip, p = gzipped(h["Content-Encoding"])
	return form, p
}

// gzipped reads Content-Encoding.
func gzipped(encodings []string) (bool, *problem) {
	switch name := strings.Join(encodings, ", "); strings.ToLower(name) {
	case "", "identity":
		return false, nil
	case "gzip", "x-gzip":
		return true, nil
	default:
		return false, &problem{status: http.StatusUnsupportedMediaType, header: [2]string{"Accept-Encoding", "gzip"},
			detail: "Content-Encoding " + quoteShort(name) + " is not taken; send gzip or none"}
	}
}

func kindOf(types []string) (bodyKind, *problem) {
	if len(types) == 1 && types[0] == "application/json" { // nearly all
		return kindJSON, nil
	}
	if unset(types) {
		return 0, badType("the request has no Content-Type; send Content-Type: application/json")
	}
	// Tools that set the type by the body's, and again by a header that their user
	// has added, say the same twice.
	if types = slices.Compact(slices.Clone(types)); len(types) > 1 {
		return 0, badType("the request has several Content-Types; send one")
	}
	name, params, err := mime.ParseMediaType(types[0])
	if err != nil && name == "" {
		return 0, badType("Content-Type " + quoteShort(types[0]) + " cannot be read; send application/json")
	}
	switch strings.ToLower(params["charset"]) {
	case "", "utf-8", "utf8", "us-ascii":
	default:
		return 0, badType("charset " + quoteShort(params["charset"]) + " is not taken; send UTF-8")
	}
	switch name {
	case "application/json":
		return kindJSON, nil
	case "application/x-ndjson":
		return kindNDJSON, nil
	case "application/x-www-form-urlencoded":
		return kindForm, nil
	}
	return 0, badType("Content-Type " + quoteShort(name) + " is not taken; " + insteadOf(name))
}

// insteadOf says what to send in the place of a type that is not taken. The
// first two are what tools send before somebody has found the right setting.
func insteadOf(name string) string {
	switch name {
	case "text/plain":
		return "send Content-Type: application/json (in Postman: Body, raw, and JSON in the place of Text; elsewhere the body's type, or a header)"
	case "multipart/form-data":
		return "send application/json, or the fields as application/x-www-form-urlencoded (in Postman and n8n: the body's type)"
	}
	return "send one of " + acceptPost
}

func badType(detail string) *problem {
	return &problem{status: http.StatusUnsupportedMediaType, detail: detail, header: [2]string{"Accept-Post", acceptPost}}
}
