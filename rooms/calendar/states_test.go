package calendar

import (
	"fmt"
	"strings"
	"testing"
)

// life is the life of a meeting once more, as people would draw it: the state that an action leads to, the right that it takes, and + where
// the revision rises. A dot is what cannot be done.
const life = `
          change               submit           approve          return          issue        postpone              reschedule           cancel            open  conclude              reclaim
draft     draft:draft          submitted:submit .                .               .            .                     .                    cancelled:draft   .     .                     draft:draft
submitted .                    .                approved:approve returned:return .            .                     .                    cancelled:draft   .     .                     submitted:draft
returned  returned:draft       submitted:submit .                .               .            .                     .                    cancelled:draft   .     .                     .
approved  approved:reschedule+ .                .                .               issued:issue postponed:reschedule+ approved:reschedule+ cancelled:cancel+ .     .                     approved:reschedule+
issued    issued:reschedule+   .                .                .               .            postponed:reschedule+ issued:reschedule+   cancelled:cancel+ held: concluded:run_meeting issued:reschedule+
held      .                    .                .                .               .            .                     .                    .                 .     concluded:run_meeting held:reschedule+
concluded .                    .                .                .               .            .                     .                    .                 .     .                     .
postponed postponed:reschedule .                .                .               .            .                     approved:reschedule+ cancelled:cancel+ .     .                     .
cancelled .                    .                .                .               .            .                     .                    .                 .     .                     .
`

func TestTheLifeOfAMeetingCellByCell(t *testing.T) {
	rows := strings.Split(strings.TrimSpace(life), "\n")
	actions := strings.Fields(rows[0])
	if len(actions) != len(Actions) || len(rows)-1 != len(States) {
		t.Fatalf("the table has %d actions and %d states, not %d and %d", len(actions), len(rows)-1, len(Actions), len(States))
	}
	for _, row := range rows[1:] {
		cells := strings.Fields(row)
		for i, want := range cells[1:] {
			got := "."
			if s, ok := Transition(State(cells[0]), Action(actions[i])); ok {
				got = fmt.Sprintf("%s:%s", s.To, s.Right)
				if s.Revision {
					got += "+"
				}
			}
			if got != want {
				t.Errorf("%s × %s: %s, not %s", cells[0], actions[i], got, want)
			}
		}
	}
	for _, a := range Actions {
		if done[a] == "" {
			t.Errorf("the journal has no word for %s", a)
		}
	}
}
