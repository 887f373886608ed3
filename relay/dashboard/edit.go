package dashboard

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"funnelrelay/relay/control"
	"funnelrelay/relay/event"
)

// editView is an event that is being corrected.
type editView struct {
	*page
	E       control.EventDetail
	Body    string // as it stands in the box
	Action  string
	Project string
	Choices []string // projects that it can go to; empty: there is no choice
	Force   bool
	Checked *control.Checked // nil: not checked yet
	Wrong   string           // why it was not taken
	Why     string           // it cannot be edited at all
	Plain   bool             // without script: the check was asked for by a button
}

// NeedsForce says that the event may have arrived already.
func (v *editView) NeedsForce() bool { return mayHaveArrived(&v.E.Event) }

func (d *Dashboard) editOf(p *page, r *http.Request) (*editView, error) {
	p.Name, p.Self = "edit", "/events/"+url.PathEscape(r.PathValue("id"))+"/edit"
	e, err := d.o.Control.Event(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	v := &editView{page: p, E: e, Body: e.Body, Action: e.Action, Project: e.Project}
	for _, project := range p.Status.Projects {
		if project.Configured {
			v.Choices = append(v.Choices, project.Name)
		}
	}
	if len(v.Choices) == 1 && v.Choices[0] == e.Project {
		v.Choices = nil
	} else if !slices.Contains(v.Choices, e.Project) && len(v.Choices) > 0 {
		v.Project = v.Choices[0]
	}
	if text := pretty(e.Body); text != "" {
		v.Body = escaped(text)
	}
	v.Why = e.MayEdit
	return v, nil
}

func (d *Dashboard) edit(p *page, w http.ResponseWriter, r *http.Request) error {
	v, err := d.editOf(p, r)
	if goneOf(err) != nil {
		http.Redirect(w, r, "/events/"+r.PathValue("id"), http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	checked, err := d.o.Control.Check(r.Context(), v.Project, v.Action, []byte(v.Body))
	if err == nil {
		v.Checked = &checked
	}
	return d.render(w, http.StatusOK, "edit", v)
}

// typed takes over what was typed into the form.
func (v *editView) typed(r *http.Request) {
	v.Body = r.PostFormValue("body")
	if action := r.PostFormValue("action"); action != "" {
		v.Action = action
	}
	if slices.Contains(v.Choices, r.PostFormValue("project")) {
		v.Project = r.PostFormValue("project")
	}
	v.Force = r.PostFormValue("force") != ""
}

// checkEdit says what is wrong with what was typed, and takes nothing. Script
// asks for that part of the page alone.
func (d *Dashboard) checkEdit(p *page, w http.ResponseWriter, r *http.Request) error {
	script := r.Header.Get("HX-Request") != ""
	v, err := d.editOf(p, r)
	if goneOf(err) != nil { // another browser was faster
		if script {
			return d.part(w, "edit", "checked", &editView{page: p, Wrong: p.T("note.gone")})
		}
		return d.settle(w, r, "/events/"+r.PathValue("id"), flash{}, err)
	}
	if err != nil {
		return err
	}
	v.typed(r)
	checked, err := d.o.Control.Check(r.Context(), v.Project, v.Action, []byte(v.Body))
	if err != nil {
		v.Wrong = err.Error()
	} else {
		v.Checked = &checked
	}
	if script {
		return d.part(w, "edit", "checked", v)
	}
	return d.render(w, http.StatusOK, "edit", v)
}

func (d *Dashboard) saveEdit(p *page, w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	v, err := d.editOf(p, r)
	if goneOf(err) != nil {
		return d.settle(w, r, "/events/"+id, flash{}, err)
	}
	if err != nil {
		return err
	}
	v.typed(r)
	decided, err := d.o.Control.Edit(r.Context(), id, control.Edit{Body: []byte(v.Body), Action: v.Action, Project: v.Project, Force: v.Force})
	if err == nil {
		return d.settle(w, r, "/events/"+decided.NewID, flash{Key: "note.edited", Link: decided.NewID}, nil)
	}
	var faults *event.Faults
	switch {
	case errors.As(err, &faults):
		v.Checked = &control.Checked{Errors: faults.List}
	case goneOf(err) != nil:
		return d.settle(w, r, "/events/"+id, flash{}, err)
	default:
		v.Wrong = err.Error()
	}
	return d.render(w, http.StatusOK, "edit", v)
}
