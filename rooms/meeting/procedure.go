package meeting

import (
	"fmt"
	"slices"
)

// What chair and secretary do to a running meeting beside giving the floor.

func (s *State) changeSession(ev Event) error {
	if err := s.manages(ev.Actor); err != nil {
		return err
	}
	allowed := map[Session][]Session{
		SessionGathering: {SessionOpen},
		SessionOpen:      {SessionRecess},
		SessionRecess:    {SessionOpen},
	}
	switch ev.Session {
	case SessionGathering, SessionOpen, SessionRecess:
	default:
		return fmt.Errorf("%w: session %q", ErrInvalid, ev.Session)
	}
	if !slices.Contains(allowed[s.Session], ev.Session) {
		return fmt.Errorf("%w: from %s to %s", ErrWrongState, s.Session, ev.Session)
	}
	s.Session = ev.Session
	if ev.Session == SessionRecess {
		s.releaseFloor(s.Floor.Holder) // nobody speaks; who waits, waits on
	}
	return nil
}

func (s *State) setSpeakingTime(ev Event) error {
	if err := s.manages(ev.Actor); err != nil {
		return err
	}
	if ev.Seconds < 0 || ev.Seconds > MaxSpeakingSeconds {
		return fmt.Errorf("%w: %d s", ErrInvalid, ev.Seconds)
	}
	s.SpeakingSeconds = ev.Seconds
	return nil
}

func (s *State) extendFloor(ev Event) error {
	if err := s.manages(ev.Actor); err != nil {
		return err
	}
	switch {
	case ev.Seconds <= 0 || ev.Seconds > MaxSpeakingSeconds:
		return fmt.Errorf("%w: %d s", ErrInvalid, ev.Seconds)
	case s.Floor.Holder == "" || s.Floor.Limit == 0:
		return fmt.Errorf("%w: nobody's time is running", ErrWrongState)
	}
	s.Floor.Limit = min(s.Floor.Limit+ev.Seconds, MaxSpeakingSeconds)
	return nil
}

func (s *State) moveRequest(ev Event) error {
	if err := s.manages(ev.Actor); err != nil {
		return err
	}
	from := s.queued(ev.Seat)
	switch {
	case from < 0:
		return fmt.Errorf("%w: not in the queue", ErrWrongState)
	case ev.Place < 0:
		return fmt.Errorf("%w: place %d", ErrInvalid, ev.Place)
	}
	request := s.Floor.Queue[from]
	rest := slices.Concat(s.Floor.Queue[:from], s.Floor.Queue[from+1:])
	s.Floor.Queue = slices.Insert(rest, min(ev.Place, len(rest)), request)
	return nil
}

func (s *State) lockFloor(ev Event) error {
	if err := s.manages(ev.Actor); err != nil {
		return err
	}
	s.Floor.Locked = ev.On
	return nil
}

// withholdMicrophone closes or opens one microphone, or with no seat those of all who neither manage the meeting nor have the floor, and of
// those who come later.
// Who presides is never silenced. A technician may do it to unattended sites.
func (s *State) withholdMicrophone(ev Event) error {
	if ev.Seat == "" {
		if err := s.manages(ev.Actor); err != nil {
			return err
		}
		s.AllWithheld, s.Withheld = ev.On, nil
		if ev.On && s.Floor.Holder != "" {
			s.withhold(s.Floor.Holder, false)
		}
		return nil
	}
	seat, err := s.seat(ev.Seat)
	if err != nil {
		return err
	}
	if err := s.operates(ev.Actor, seat); err != nil {
		return err
	}
	if seat.Role.Presides() || !seat.Role.Participates() {
		return fmt.Errorf("%w: %s is not silenced", ErrForbidden, seat.Role)
	}
	s.withhold(ev.Seat, ev.On)
	return nil
}

// withhold decides of one microphone. It outlives the seat's being given up: whoever leaves and comes back is no freer.
func (s *State) withhold(seat string, on bool) {
	if on == s.AllWithheld {
		delete(s.Withheld, seat)
		return
	}
	if s.Withheld == nil {
		s.Withheld = map[string]bool{}
	}
	if len(s.Withheld) < 2*MaxSeats {
		s.Withheld[seat] = on
	}
}

// operates refuses an actor who neither manages the meeting nor is the technician of an unattended site.
func (s *State) operates(actor string, site Seat) error {
	if held, ok := s.Seats[actor]; ok && held.Role == RoleOperator && site.Role == RoleSite {
		return nil
	}
	return s.manages(actor)
}

// MayManage refuses an actor who may not give the floor, admit, remove or end the meeting.
func (s *State) MayManage(actor string) error { return s.manages(actor) }

// MayOperate refuses an actor who may not see to the devices of a seat. Only unattended sites are seen to by others.
func (s *State) MayOperate(actor, seat string) error {
	site, err := s.seat(seat)
	if err != nil {
		return err
	}
	if site.Role != RoleSite {
		return fmt.Errorf("%w: %s sees to its own devices", ErrForbidden, site.Role)
	}
	return s.operates(actor, site)
}

func (s *State) lock(ev Event) error {
	if err := s.manages(ev.Actor); err != nil {
		return err
	}
	s.Locked, s.Admitted = ev.On, nil
	return nil
}

func (s *State) admit(ev Event) error {
	if err := s.manages(ev.Actor); err != nil {
		return err
	}
	if ev.Seat == "" {
		return fmt.Errorf("%w: seat", ErrInvalid)
	}
	if s.Admitted == nil {
		s.Admitted = map[string]bool{}
	}
	s.Admitted[ev.Seat] = true
	delete(s.Removed, ev.Seat)
	return nil
}

func (s *State) remove(ev Event) error {
	if err := s.manages(ev.Actor); err != nil {
		return err
	}
	// Whoever is in the waiting room has no seat.
	seat, held := s.Seats[ev.Seat]
	switch {
	case ev.Seat == "":
		return fmt.Errorf("%w: seat", ErrInvalid)
	case held && seat.Role.Presides() || ev.Seat == ev.Actor:
		return fmt.Errorf("%w: %s is not taken out", ErrForbidden, seat.Role)
	case len(s.Removed) >= MaxSeats:
		return fmt.Errorf("%w: %d seats", ErrLimit, MaxSeats)
	}
	if held {
		s.vacate(ev.Seat)
	}
	delete(s.Admitted, ev.Seat)
	if s.Removed == nil {
		s.Removed = map[string]bool{}
	}
	s.Removed[ev.Seat] = true
	return nil
}

func (s *State) setStage(ev Event) error {
	if err := s.manages(ev.Actor); err != nil {
		return err
	}
	if ev.Stage == nil || ev.Stage.Page < 0 || (ev.Stage.Show == StageParticipant) != (ev.Stage.Seat != "") {
		return fmt.Errorf("%w: stage", ErrInvalid)
	}
	switch ev.Stage.Show {
	case StageProgramme, StageContent, StageMosaic:
	case StageParticipant:
		seat, err := s.seat(ev.Stage.Seat)
		if err != nil {
			return err
		}
		if !seat.Role.Participates() {
			return fmt.Errorf("%w: %s is not shown", ErrForbidden, seat.Role)
		}
	default:
		return fmt.Errorf("%w: stage %q", ErrInvalid, ev.Stage.Show)
	}
	s.Stage = *ev.Stage
	return nil
}

func (s *State) chooseDevice(ev Event) error {
	if err := s.MayOperate(ev.Actor, ev.Seat); err != nil {
		return err
	}
	switch {
	case ev.Device == nil || ev.Device.ID == "" || len(ev.Device.ID) > 512:
		return fmt.Errorf("%w: device", ErrInvalid)
	case !slices.Contains([]string{"camera", "microphone", "loudspeaker"}, ev.Device.Kind):
		return fmt.Errorf("%w: kind of device %q", ErrInvalid, ev.Device.Kind)
	}
	return nil
}
