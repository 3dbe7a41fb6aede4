package meeting

// Role is what the holder of a seat may do in a meeting.
type Role string

// The roles of a meeting.
const (
	RoleChair       Role = "chair"
	RoleCoChair     Role = "co_chair"
	RoleActingChair Role = "acting_chair"
	RoleSecretary   Role = "secretary"
	RoleDelegate    Role = "delegate"
	RoleSite        Role = "site"
	RoleOperator    Role = "operator"
	RoleDisplay     Role = "display"
)

// Roles are all roles, in the order of the rights table.
var Roles = []Role{RoleChair, RoleCoChair, RoleActingChair, RoleSecretary, RoleDelegate, RoleSite, RoleOperator, RoleDisplay}

// Valid reports whether r is one of Roles.
func (r Role) Valid() bool {
	switch r {
	case RoleChair, RoleCoChair, RoleActingChair, RoleSecretary, RoleDelegate, RoleSite, RoleOperator, RoleDisplay:
		return true
	}
	return false
}

// Presides reports whether r may always speak: the chair and those who stand in for it.
func (r Role) Presides() bool { return r == RoleChair || r == RoleCoChair || r == RoleActingChair }

// Manages reports whether r may give and take the floor and end the meeting: those who preside, and the secretary.
func (r Role) Manages() bool { return r.Presides() || r == RoleSecretary }

// Participates reports whether r is part of the meeting rather than of its technique: all but operator and display.
func (r Role) Participates() bool { return r.Valid() && r != RoleOperator && r != RoleDisplay }

// Speaking says who decides whose microphone is heard.
type Speaking string

// With SpeakingOpen every participant may be heard; with SpeakingFloor only those who preside and the floor-holder.
const (
	SpeakingOpen  Speaking = "open"
	SpeakingFloor Speaking = "floor"
)

// Valid reports whether s is one of the two.
func (s Speaking) Valid() bool { return s == SpeakingOpen || s == SpeakingFloor }

// Source is one of the things that a seat can publish.
type Source string

// The sources of a seat.
const (
	SourceMicrophone  Source = "microphone"
	SourceCamera      Source = "camera"
	SourceScreen      Source = "screen"
	SourceScreenAudio Source = "screen_audio"
)

// Valid reports whether s is one of the four.
func (s Source) Valid() bool {
	return s == SourceMicrophone || s == SourceCamera || s == SourceScreen || s == SourceScreenAudio
}
