package dashboard

import (
	"net/http"

	"funnelrelay/relay/control"
	"funnelrelay/relay/dropfolder"
)

// sourcesView is what comes in, and what was refused of it.
type sourcesView struct {
	*page
	Sources []sourceView
	Posts   []string // that take POSTs only
	Rejects []control.Reject
	Drop    string
	Preview *control.Preview
	File    string // that was previewed
	Chosen  string // the source that it was previewed for
	Wrong   string // why it could not be
}

// sourceView is one source.
type sourceView struct {
	dropfolder.State
	Post    bool // takes POSTs, too
	Rejects int
}

// mostPreviewed bounds a file that is looked at.
const mostPreviewed = 16 << 20

func (d *Dashboard) sourcesOf(p *page, r *http.Request) (*sourcesView, error) {
	p.Name, p.Self = "sources", "/sources"
	v := &sourcesView{page: p}
	if d.o.DropFolder != nil {
		v.Drop = d.o.DropFolder()
	}
	var err error
	if v.Rejects, err = d.o.Control.Rejects(r.Context(), ""); err != nil {
		return nil, err
	}
	posts := map[string]bool{}
	if d.o.Posts != nil {
		for _, name := range d.o.Posts() {
			posts[name] = true
			v.Posts = append(v.Posts, name)
		}
	}
	rejects := map[string]int{}
	for _, reject := range v.Rejects {
		rejects[reject.Source]++
	}
	folders := map[string]bool{}
	for _, s := range p.Status.Sources {
		folders[s.Source] = true
		v.Sources = append(v.Sources, sourceView{State: s, Post: posts[s.Source], Rejects: rejects[s.Source]})
	}
	only := v.Posts[:0]
	for _, name := range v.Posts {
		if !folders[name] {
			only = append(only, name)
		}
	}
	v.Posts = only
	return v, nil
}

func (d *Dashboard) sources(p *page, w http.ResponseWriter, r *http.Request) error {
	v, err := d.sourcesOf(p, r)
	if err != nil {
		return err
	}
	return d.render(w, http.StatusOK, "sources", v)
}

func (d *Dashboard) readAgain(_ *page, w http.ResponseWriter, r *http.Request) error {
	source, file := r.PostFormValue("source"), r.PostFormValue("file")
	err := d.o.Control.ReadAgain(r.Context(), source, file)
	return d.settle(w, r, "/sources", flash{Key: "note.again", Values: []string{"file", file, "source", source}}, err)
}

// preview says what would become of a file that was dropped on the page.
func (d *Dashboard) preview(p *page, w http.ResponseWriter, r *http.Request) error {
	v, err := d.sourcesOf(p, r)
	if err != nil {
		return err
	}
	v.Chosen = r.FormValue("source")
	file, head, err := r.FormFile("file")
	switch {
	case err != nil:
		v.Wrong = p.T("preview.no_file")
	case head.Size > mostPreviewed:
		v.File, v.Wrong = head.Filename, p.T("preview.too_large", "most", p.Bytes(int64(mostPreviewed)))
	default:
		v.File = head.Filename
		preview, err := d.o.Control.Preview(r.Context(), v.Chosen, head.Filename, file)
		if err != nil {
			v.Wrong = err.Error()
		} else {
			v.Preview = &preview
		}
	}
	if file != nil {
		file.Close()
	}
	if r.Header.Get("HX-Request") != "" {
		return d.part(w, "sources", "preview", v)
	}
	return d.render(w, http.StatusOK, "sources", v)
}
