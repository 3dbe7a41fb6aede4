// Package rights holds the one table of who may do what. It is data: code asks Allowed, tests and the documentation read the
// table itself.
package rights

import "slices"

// Role is what an account is granted, in one unit or in the whole province. Roles in a live meeting are those of package
// meeting: a planner may be a delegate there.
type Role string

// The roles of an account.
const (
	Leader        Role = "leader"        // lãnh đạo: sees the calendar, chairs
	Delegate      Role = "delegate"      // đại biểu: is invited
	Planner       Role = "planner"       // chuyên viên: drafts and submits
	Clerk         Role = "clerk"         // văn thư: numbers and sends invitations
	Approver      Role = "approver"      // Chánh Văn phòng: approves into the weekly schedule
	Secretary     Role = "secretary"     // thư ký: plans, and runs meetings for the chair
	Operator      Role = "operator"      // trực kỹ thuật: line tests, halls and terminals
	Auditor       Role = "auditor"       // kiểm tra: logs and reports, no live media
	Administrator Role = "administrator" // quản trị
	Terminal      Role = "terminal"      // thiết bị đầu cuối of a hall
)

// roles are in the order of the table's columns.
var roles = []Role{Leader, Delegate, Planner, Clerk, Approver, Secretary, Operator, Auditor, Administrator, Terminal}

// Roles gives every role, in the order of the table's columns.
func Roles() []Role { return slices.Clone(roles) }

// Valid tells whether there is such a role.
func (r Role) Valid() bool { return slices.Contains(roles, r) }

// Action is one thing that may be permitted.
type Action string

// The actions.
const (
	ViewCalendar    Action = "view_calendar"    // approved and issued meetings, free and busy
	ViewDrafts      Action = "view_drafts"      // meetings that are not approved yet
	Draft           Action = "draft"            // write a draft and change it
	Submit          Action = "submit"           // trình duyệt
	Approve         Action = "approve"          // phê duyệt
	Return          Action = "return"           // trả lại, with a reason
	Issue           Action = "issue"            // phát hành giấy mời
	Reschedule      Action = "reschedule"       // hoãn, dời an approved or issued meeting
	Cancel          Action = "cancel"           // hủy an approved or issued meeting
	PreEmpt         Action = "pre_empt"         // take the halls and sites of a meeting of lower priority
	Answer          Action = "answer"           // confirm, send a substitute, report absence for a unit
	Join            Action = "join"             // enter a meeting that one is invited to
	RunMeeting      Action = "run_meeting"      // roll call, queue, votes, invitation links
	LineTest        Action = "line_test"        // thử tín hiệu
	ReadPapers      Action = "read_papers"      // papers of meetings that one may see
	ManagePapers    Action = "manage_papers"    // upload papers and replace them
	ManageTerminals Action = "manage_terminals" // pair a hall's terminal, take its credential back
	ManageDirectory Action = "manage_directory" // units, people, halls, imports
	ManageAccounts  Action = "manage_accounts"  // accounts, their grants, their sessions
	ReadAudit       Action = "read_audit"       // nhật ký hệ thống
	Export          Action = "export"           // reports and the audit log as files
)

// Row is an action with the roles that may do it.
type Row struct {
	Action Action
	May    []Role
}

// table is the one table of rights. The administrator has every right: who may give himself any role would be kept from
// nothing by a missing cell, and the audit log is what watches administrators.
var table = []Row{
	{ViewCalendar, []Role{Leader, Delegate, Planner, Clerk, Approver, Secretary, Operator, Auditor, Administrator, Terminal}},
	{ViewDrafts, []Role{Planner, Clerk, Approver, Secretary, Administrator}},
	{Draft, []Role{Planner, Secretary, Administrator}},
	{Submit, []Role{Planner, Secretary, Administrator}},
	{Approve, []Role{Approver, Administrator}},
	{Return, []Role{Approver, Administrator}},
	{Issue, []Role{Clerk, Approver, Administrator}},
	{Reschedule, []Role{Approver, Secretary, Administrator}},
	{Cancel, []Role{Approver, Secretary, Administrator}},
	{PreEmpt, []Role{Approver, Administrator}},
	{Answer, []Role{Leader, Delegate, Planner, Clerk, Approver, Secretary, Administrator}},
	{Join, []Role{Leader, Delegate, Planner, Approver, Secretary, Operator, Administrator, Terminal}},
	{RunMeeting, []Role{Secretary, Administrator}},
	{LineTest, []Role{Secretary, Operator, Administrator, Terminal}},
	{ReadPapers, []Role{Leader, Delegate, Planner, Clerk, Approver, Secretary, Administrator}},
	{ManagePapers, []Role{Planner, Secretary, Administrator}},
	{ManageTerminals, []Role{Operator, Administrator}},
	{ManageDirectory, []Role{Administrator}},
	{ManageAccounts, []Role{Administrator}},
	{ReadAudit, []Role{Auditor, Administrator}},
	{Export, []Role{Approver, Secretary, Auditor, Administrator}},
}

// Table gives the table of rights, in the order in which it is shown.
func Table() []Row {
	out := make([]Row, len(table))
	for i, r := range table {
		out[i] = Row{r.Action, slices.Clone(r.May)}
	}
	return out
}

// Valid tells whether there is such an action.
func (a Action) Valid() bool {
	return slices.ContainsFunc(table, func(r Row) bool { return r.Action == a })
}

// May tells whether a role has a right, wherever it is granted.
func (r Role) May(a Action) bool {
	for _, row := range table {
		if row.Action == a {
			return slices.Contains(row.May, r)
		}
	}
	return false
}

// Grant gives a role in a unit and all that is below it.
type Grant struct {
	Role Role   `json:"role"`
	Unit string `json:"unit,omitempty"` // id; empty for the whole province
}

// covers tells whether a grant reaches a unit.
func (g Grant) covers(unit string, ancestors []string) bool {
	return g.Unit == "" || g.Unit == unit || slices.Contains(ancestors, g.Unit)
}

// Allowed tells whether the grants permit an action in a unit whose ancestors are given in any order. An empty unit is the province
// as a whole: only a grant for all of it reaches that.
func Allowed(grants []Grant, a Action, unit string, ancestors []string) bool {
	return slices.ContainsFunc(grants, func(g Grant) bool { return g.Role.May(a) && g.covers(unit, ancestors) })
}

// Holds tells whether the grants give a role that reaches a unit, as Allowed does of an action.
func Holds(grants []Grant, r Role, unit string, ancestors []string) bool {
	return slices.ContainsFunc(grants, func(g Grant) bool { return g.Role == r && g.covers(unit, ancestors) })
}

// Scope gives the units in which the grants permit an action, each with all that is below it, and whether it is the whole
// province: for lists, where asking row by row would be slow.
func Scope(grants []Grant, a Action) (units []string, all bool) {
	for _, g := range grants {
		switch {
		case !g.Role.May(a):
		case g.Unit == "":
			return nil, true
		case !slices.Contains(units, g.Unit):
			units = append(units, g.Unit)
		}
	}
	return units, false
}

// Actions gives what the grants permit somewhere, for a client that shows only what can be done.
func Actions(grants []Grant) []Action {
	out := []Action{}
	for _, row := range table {
		if slices.ContainsFunc(grants, func(g Grant) bool { return slices.Contains(row.May, g.Role) }) {
			out = append(out, row.Action)
		}
	}
	return out
}
