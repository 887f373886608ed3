package dashboard

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"funnelrelay/relay/control"
)

// deadView is what needs a person, by why it does.
type deadView struct {
	*page
	Cause  string // the reason that is looked at; "": all
	Groups []deadGroup
	Events []control.Event
	Next   string
	Newest string
	Partly bool // there are more than were grouped
}

// deadGroup are the dead events of one reason.
type deadGroup struct {
	Cause string
	Count int64
	Here  bool
}

// mostGrouped is how many of the newest dead events are looked at for their
// reasons.
const mostGrouped = 500

func (d *Dashboard) dead(p *page, w http.ResponseWriter, r *http.Request) error {
	p.Name = "dead"
	v := deadView{page: p, Cause: r.FormValue("cause")}
	all, err := d.o.Control.Events(r.Context(), control.Query{State: "dead", Limit: mostGrouped})
	if err != nil {
		return err
	}
	v.Partly = all.Next != ""
	counts := map[string]int64{}
	for _, e := range all.Events {
		counts[e.Cause]++
	}
	for cause, n := range counts {
		v.Groups = append(v.Groups, deadGroup{cause, n, cause == v.Cause && cause != ""})
	}
	slices.SortFunc(v.Groups, func(a, b deadGroup) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Cause, b.Cause))
	})
	cursor := r.FormValue("cursor")
	found, err := d.o.Control.Events(r.Context(), control.Query{State: "dead", Cause: v.Cause, Cursor: cursor, Limit: perPage})
	if err != nil {
		return err
	}
	v.Events = found.Events
	if found.Next != "" {
		v.Next = "/dead" + p.Query("cause", v.Cause, "cursor", found.Next)
	}
	if cursor != "" {
		v.Newest = "/dead" + p.Query("cause", v.Cause)
	}
	return d.render(w, http.StatusOK, "dead", &v)
}

// Shown is how many dead events the reason that is looked at has, as far as known.
func (v *deadView) Shown() int64 {
	for _, g := range v.Groups {
		if g.Here {
			return g.Count
		}
	}
	return v.Dead()
}

// bulkView asks before something is done to many.
type bulkView struct {
	*page
	Do     string
	Cause  string
	All    bool // by the filter, not by a selection
	IDs    []string
	Reason string
	Result control.BulkResult
}

// bulk shows what a decision about many would do, and does it when that was
// confirmed.
func (d *Dashboard) bulk(p *page, w http.ResponseWriter, r *http.Request) error {
	p.Name = "bulk"
	if err := r.ParseForm(); err != nil {
		return errors.Join(control.ErrQuery, err)
	}
	v := bulkView{page: p, Do: r.PostFormValue("do"), Cause: r.PostFormValue("cause"), All: r.PostFormValue("all") != "",
		IDs: r.PostForm["id"], Reason: r.PostFormValue("reason")}
	to := "/dead" + p.Query("cause", v.Cause)
	p.Self = to
	if v.Do != "retry" && v.Do != "discard" {
		return errNowhere
	}
	b := control.Bulk{Do: v.Do, IDs: v.IDs, Reason: v.Reason, DryRun: r.PostFormValue("confirmed") == ""}
	if v.All {
		b.IDs, b.Query = nil, control.Query{State: "dead", Cause: v.Cause}
	} else if len(v.IDs) == 0 {
		return d.leave(w, r, to, flash{Kind: "bad", Key: "note.none_chosen"})
	}
	var err error
	v.Result, err = d.o.Control.Bulk(r.Context(), b)
	if err != nil {
		return d.settle(w, r, to, flash{}, err)
	}
	if b.DryRun {
		return d.render(w, http.StatusOK, "bulk", &v)
	}
	done := flash{Key: "note.bulk_" + v.Do, Values: []string{"done", p.Num(v.Result.Done), "matched", p.Num(v.Result.Matched)}}
	if len(v.Result.Refused) > 0 {
		done.Key = "note.bulk_partly"
		done.Values = append(done.Values, "why", v.Result.Refused[0].Why)
	}
	return d.settle(w, r, "/dead", done, nil)
}
