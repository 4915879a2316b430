package page

// why are the reasons of one verdict.
type why struct {
	Class, Title string
	Reasons      []reason
}

type reason struct {
	Text string
	Of   []about
}

type about struct {
	About
	Anchor string // of the claim
}

// reasons are those of the refuted and those of the undecided, with links to the claims.
func (v *view) reasons() (out []why) {
	anchors := map[[2]string]string{}
	for _, g := range v.Ledger {
		for _, c := range g.Claims {
			anchors[[2]string{c.Scenario, c.ID}] = c.Anchor
		}
	}
	for _, one := range []why{{Class: Refuted, Title: "Refuted, by how much"}, {Class: Undecided, Title: "Undecided, and why"}} {
		for _, r := range v.Page.Reasons {
			if r.Verdict != one.Class {
				continue
			}
			said := reason{Text: r.Text}
			for _, a := range r.Of {
				said.Of = append(said.Of, about{a, anchors[[2]string{a.Scenario, a.ID}]})
			}
			one.Reasons = append(one.Reasons, said)
		}
		if one.Reasons != nil {
			out = append(out, one)
		}
	}
	return out
}
