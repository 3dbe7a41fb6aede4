package meeting

import (
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// Apply changes the state by one event, or leaves it as it is and returns one of this package's errors. It is pure: all it
// knows is the state and the event. Who may do what is decided here and nowhere else.
func (s *State) Apply(ev Event) error {
	if ev.Seq != s.Seq+1 {
		return fmt.Errorf("%w: %d after %d", ErrSequence, ev.Seq, s.Seq)
	}
	apply, ok := handlers[ev.Type]
	if !ok {
		return fmt.Errorf("%w: type %q", ErrInvalid, ev.Type)
	}
	if ev.Type != MeetingOpened && (!s.Opened || s.Ended) {
		return fmt.Errorf("%w: the meeting is not open", ErrWrongState)
	}
	if err := apply(s, ev); err != nil {
		return err
	}
	s.Seq = ev.Seq
	return nil
}

var handlers = map[EventType]func(*State, Event) error{
	MeetingOpened:  (*State).open,
	SeatTaken:      (*State).takeSeat,
	SeatLost:       (*State).loseSeat,
	SeatResumed:    (*State).resumeSeat,
	SeatLeft:       (*State).leaveSeat,
	SourceMuted:    (*State).muteSource,
	SourceActive:   (*State).activateSource,
	FloorRequested: (*State).requestFloor,
	FloorWithdrawn: (*State).withdrawFloor,
	FloorGranted:   (*State).grantFloor,
	FloorRevoked:   (*State).revokeFloor,
	FloorExtended:  (*State).extendFloor,
	FloorMoved:     (*State).moveRequest,
	FloorLocked:    (*State).lockFloor,
	ChatSent:       (*State).chat,
	MeetingEnded:   (*State).end,

	MeetingDismissed:   (*State).dismiss,
	SessionChanged:     (*State).changeSession,
	SpeakingTimeSet:    (*State).setSpeakingTime,
	MicrophoneWithheld: (*State).withholdMicrophone,
	MeetingLocked:      (*State).lock,
	SeatAdmitted:       (*State).admit,
	SeatRemoved:        (*State).remove,
	StageSet:           (*State).setStage,
	DeviceChosen:       (*State).chooseDevice,
}

func (s *State) open(ev Event) error {
	if s.Opened {
		return fmt.Errorf("%w: open already", ErrWrongState)
	}
	if ev.Opening == nil || !ev.Opening.Speaking.Valid() {
		return fmt.Errorf("%w: opening", ErrInvalid)
	}
	s.Opened, s.Speaking, s.AlwaysOn = true, ev.Opening.Speaking, ev.Opening.AlwaysOn
	s.Session, s.Stage = SessionGathering, Stage{Show: StageProgramme}
	if s.AlwaysOn {
		s.Session = SessionOpen
	}
	if s.Seats == nil {
		s.Seats = map[string]Seat{}
	}
	return nil
}

func (s *State) takeSeat(ev Event) error {
	if ev.Seat == "" || ev.Taken == nil || !ev.Taken.Role.Valid() {
		return fmt.Errorf("%w: seat", ErrInvalid)
	}
	seat, taken := s.Seats[ev.Seat]
	if !taken && len(s.Seats) >= MaxSeats {
		return fmt.Errorf("%w: %d seats", ErrLimit, MaxSeats)
	}
	// A seat that moves to another connection keeps what was muted; what it sends is declared anew.
	seat.ID, seat.Person, seat.ResumeHash, seat.Connected = ev.Seat, *ev.Taken, ev.ResumeHash, true
	seat.Active, seat.LostAt = nil, zeroTime
	s.Seats[ev.Seat] = seat
	delete(s.Departed, ev.Seat)
	return nil
}

func (s *State) loseSeat(ev Event) error {
	seat, err := s.seat(ev.Seat)
	if err != nil {
		return err
	}
	if !seat.Connected {
		return fmt.Errorf("%w: lost already", ErrWrongState)
	}
	seat.Connected, seat.LostAt = false, ev.At
	s.Seats[ev.Seat] = seat
	return nil
}

func (s *State) resumeSeat(ev Event) error {
	seat, err := s.seat(ev.Seat)
	if err != nil {
		return err
	}
	seat.Connected, seat.LostAt, seat.ResumeHash = true, zeroTime, ev.ResumeHash
	s.Seats[ev.Seat] = seat
	return nil
}

func (s *State) leaveSeat(ev Event) error {
	seat, err := s.seat(ev.Seat)
	if err != nil {
		return err
	}
	s.vacate(ev.Seat)
	if seat.Role != RoleSite || s.AlwaysOn {
		return nil
	}
	departure := Departure{Person: seat.Person, At: ev.At, Lost: ev.Actor == ""}
	if departure.Lost && !seat.LostAt.IsZero() {
		departure.At = seat.LostAt
	}
	s.depart(ev.Seat, departure)
	return nil
}

// depart keeps the place of a site. A site that came by several invitations has one; of too many the oldest goes.
func (s *State) depart(seat string, departure Departure) {
	if s.Departed == nil {
		s.Departed = map[string]Departure{}
	}
	oldest := ""
	for id, d := range s.Departed {
		if d.Name == departure.Name && d.Unit == departure.Unit {
			delete(s.Departed, id)
			continue
		}
		if o := s.Departed[oldest]; oldest == "" || d.At.Before(o.At) || d.At.Equal(o.At) && id < oldest {
			oldest = id
		}
	}
	if len(s.Departed) >= MaxSeats {
		delete(s.Departed, oldest)
	}
	s.Departed[seat] = departure
}

// vacate takes a seat out of everything that it had a part in.
func (s *State) vacate(seat string) {
	delete(s.Seats, seat)
	s.dequeue(seat)
	s.releaseFloor(seat)
	if s.Stage.Seat == seat {
		s.Stage = Stage{Show: StageProgramme}
	}
	if s.AlwaysOn && len(s.Seats) == 0 {
		s.clear()
	}
}

func (s *State) muteSource(ev Event) error {
	return s.setSource(ev, func(seat *Seat) *map[Source]bool { return &seat.Muted })
}

func (s *State) activateSource(ev Event) error {
	return s.setSource(ev, func(seat *Seat) *map[Source]bool { return &seat.Active })
}

func (s *State) setSource(ev Event, of func(*Seat) *map[Source]bool) error {
	seat, err := s.own(ev)
	if err != nil {
		return err
	}
	if !ev.Source.Valid() {
		return fmt.Errorf("%w: source %q", ErrInvalid, ev.Source)
	}
	if !seat.Role.Participates() {
		return fmt.Errorf("%w: %s sends nothing", ErrForbidden, seat.Role)
	}
	set := of(&seat)
	// A copy: whoever was given the seat before keeps what it was given.
	changed := maps.Clone(*set)
	if changed == nil {
		changed = map[Source]bool{}
	}
	if ev.On {
		changed[ev.Source] = true
	} else {
		delete(changed, ev.Source)
	}
	*set = changed
	s.Seats[ev.Seat] = seat
	return nil
}

func (s *State) requestFloor(ev Event) error {
	seat, err := s.own(ev)
	entered := ev.Actor != "" && ev.Actor != ev.Seat
	if entered {
		// Whoever cannot ask from where it is, is entered by who manages the meeting.
		if err = s.manages(ev.Actor); err == nil {
			seat, err = s.seat(ev.Seat)
		}
	}
	if err != nil {
		return err
	}
	switch {
	case s.Speaking != SpeakingFloor:
		return fmt.Errorf("%w: everybody may speak", ErrWrongState)
	case !seat.Role.Participates():
		return fmt.Errorf("%w: %s does not speak", ErrForbidden, seat.Role)
	case s.Floor.Locked && !entered:
		return fmt.Errorf("%w: the queue is closed", ErrWrongState)
	case s.Floor.Holder == ev.Seat || s.queued(ev.Seat) >= 0:
		return fmt.Errorf("%w: requested already", ErrWrongState)
	}
	s.Floor.Queue = append(slices.Clip(s.Floor.Queue), Request{Seat: ev.Seat, Since: ev.At})
	return nil
}

func (s *State) withdrawFloor(ev Event) error {
	if _, err := s.own(ev); err != nil {
		return err
	}
	if !s.dequeue(ev.Seat) && !s.releaseFloor(ev.Seat) {
		return fmt.Errorf("%w: neither queued nor speaking", ErrWrongState)
	}
	return nil
}

func (s *State) grantFloor(ev Event) error {
	if err := s.manages(ev.Actor); err != nil {
		return err
	}
	seat, err := s.seat(ev.Seat)
	if err != nil {
		return err
	}
	switch {
	case s.Speaking != SpeakingFloor:
		return fmt.Errorf("%w: everybody may speak", ErrWrongState)
	case !seat.Role.Participates():
		return fmt.Errorf("%w: %s does not speak", ErrForbidden, seat.Role)
	case s.Floor.Holder == ev.Seat:
		return fmt.Errorf("%w: speaking already", ErrWrongState)
	case s.Session == SessionRecess:
		return fmt.Errorf("%w: the session is in recess", ErrWrongState)
	}
	s.dequeue(ev.Seat)
	s.Floor.Holder, s.Floor.Since, s.Floor.Limit = ev.Seat, ev.At, s.SpeakingSeconds
	s.withhold(ev.Seat, false)
	return nil
}

func (s *State) revokeFloor(ev Event) error {
	if err := s.manages(ev.Actor); err != nil {
		return err
	}
	if _, err := s.seat(ev.Seat); err != nil {
		return err
	}
	if !s.releaseFloor(ev.Seat) && !s.dequeue(ev.Seat) {
		return fmt.Errorf("%w: neither queued nor speaking", ErrWrongState)
	}
	return nil
}

func (s *State) chat(ev Event) error {
	seat, err := s.seat(ev.Actor)
	if err != nil {
		return err
	}
	if seat.Role == RoleDisplay {
		return fmt.Errorf("%w: %s says nothing", ErrForbidden, seat.Role)
	}
	if n := utf8.RuneCountInString(ev.Text); n == 0 || n > MaxChatText || !utf8.ValidString(ev.Text) {
		return fmt.Errorf("%w: text of %d characters", ErrInvalid, n)
	}
	s.Chat = append(slices.Clip(s.Chat), ChatMessage{From: ev.Actor, Name: seat.Name, Text: ev.Text, At: ev.At})
	if n := len(s.Chat); n > MaxChat {
		s.Chat = slices.Clone(s.Chat[n-MaxChat:])
	}
	return nil
}

func (s *State) end(ev Event) error {
	if ev.Actor != "" {
		if err := s.manages(ev.Actor); err != nil {
			return err
		}
	}
	s.Ended = !s.AlwaysOn
	s.clear()
	return nil
}

// dismiss makes the meeting what it was before its first event.
func (s *State) dismiss(ev Event) error {
	if ev.Actor != "" {
		return fmt.Errorf("%w: the calendar's alone", ErrForbidden)
	}
	*s = *NewState(s.ID)
	return nil
}

// clear leaves nothing of those who were there: for the end, and for a meeting that is always on when the last one goes.
func (s *State) clear() {
	s.Seats, s.Floor, s.Chat, s.Stage = map[string]Seat{}, Floor{}, nil, Stage{Show: StageProgramme}
	s.Locked, s.SpeakingSeconds, s.Admitted, s.Removed, s.Departed = false, 0, nil, nil, nil
	s.Withheld, s.AllWithheld = nil, false
	if s.AlwaysOn {
		s.Session = SessionOpen
	}
}

func (s *State) seat(id string) (Seat, error) {
	seat, ok := s.Seats[id]
	if !ok {
		return seat, fmt.Errorf("%w: %q", ErrNotFound, id)
	}
	return seat, nil
}

// own is the seat of an event that only who sits there can cause, or the server for them.
func (s *State) own(ev Event) (Seat, error) {
	seat, err := s.seat(ev.Seat)
	if err == nil && ev.Actor != "" && ev.Actor != ev.Seat {
		return seat, fmt.Errorf("%w: the seat of another", ErrForbidden)
	}
	return seat, err
}

func (s *State) manages(actor string) error {
	seat, err := s.seat(actor)
	if err != nil {
		return err
	}
	if !seat.Role.Manages() {
		return fmt.Errorf("%w: %s", ErrForbidden, seat.Role)
	}
	return nil
}

func (s *State) queued(seat string) int {
	return slices.IndexFunc(s.Floor.Queue, func(r Request) bool { return r.Seat == seat })
}

func (s *State) dequeue(seat string) bool {
	i := s.queued(seat)
	if i < 0 {
		return false
	}
	s.Floor.Queue = slices.Concat(s.Floor.Queue[:i], s.Floor.Queue[i+1:])
	return true
}

func (s *State) releaseFloor(seat string) bool {
	if seat == "" || s.Floor.Holder != seat {
		return false
	}
	s.Floor.Holder, s.Floor.Since, s.Floor.Limit = "", zeroTime, 0
	return true
}
