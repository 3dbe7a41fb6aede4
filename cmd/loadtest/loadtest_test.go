package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"diemcau/cmd/loadtest/internal/machine"
	"diemcau/rooms/access"
	"diemcau/rooms/accounts"
	"diemcau/rooms/api"
	"diemcau/rooms/calendar"
	"diemcau/rooms/directory"
	procedure "diemcau/rooms/meeting"
	"diemcau/rooms/papers"
	"diemcau/rooms/store/storetest"
	"diemcau/sfu"
	"diemcau/signaling"
)

const adminToken = "Load-test-token-0123456789"

// server is a whole server in this process: a real Redis, the REST interface, signaling and media on loopback.
type server struct {
	url      string
	calendar *calendar.Calendar
}

func newServer(t *testing.T) *server {
	t.Helper()
	kept := storetest.New(t)
	log := slog.New(slog.DiscardHandler)
	planned := calendar.New(kept, log)
	credentials, err := access.New(t.Context(), kept)
	if err != nil {
		t.Fatal(err)
	}
	people, err := accounts.New(t.Context(), accounts.Config{Store: kept})
	if err != nil {
		t.Fatal(err)
	}
	disk, err := papers.NewDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	documents, err := papers.New(papers.Config{Store: kept, Storage: disk, Dir: t.TempDir(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := sfu.NewEngine(sfu.Config{Listen: "127.0.0.1:0", Log: log})
	if err != nil {
		t.Fatal(err)
	}
	live := signaling.New(signaling.Config{Log: log}, engine, planned, credentials, procedure.NewLog(kept, log))
	mux := http.NewServeMux()
	mux.Handle("/api/v1/", api.New(api.Config{
		Calendar: planned, Access: credentials, Accounts: people, Directory: directory.New(kept), Papers: documents, AdminToken: adminToken, Log: log,
	}))
	live.Register(mux)
	web := httptest.NewServer(mux)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := live.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		web.Close()
		if err := engine.Close(); err != nil {
			t.Errorf("close the engine: %v", err)
		}
	})
	return &server{web.URL, planned}
}

// output is what the command writes; its progress comes from another goroutine.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// call runs the command against a server and gives what it wrote.
func (s *server) call(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs output
	code = run(ctx, append([]string{"--server", s.url}, args...), []string{"DIEMCAU_ADMIN_TOKEN=" + adminToken}, &out, &errs)
	return code, out.String(), errs.String()
}

// ended waits until the meetings of the test have ended, and tells how many there are.
func (s *server) ended(t *testing.T) int {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		meetings, _, err := s.calendar.List(t.Context(), calendar.Query{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		open := 0
		for _, m := range meetings {
			if m.State != calendar.StateConcluded {
				open++
			}
		}
		if open == 0 {
			return len(meetings)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d meetings of the test go on", open)
		}
	}
}

func TestMeetingsUnderLoad(t *testing.T) {
	s := newServer(t)
	file := filepath.Join(t.TempDir(), "report.json")
	code, table, errs := s.call(t.Context(), "--meetings", "2", "--publishers", "2", "--subscribers", "4", "--video-slots", "2", "--audio-slots", "2",
		"--video-kbps", "300", "--duration", "3s", "--settle", "200ms", "--speaker-every", "1s", "--pid", strconv.Itoa(os.Getpid()), "--json", file)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	const chairs, publishers, subscribers = 2, 4, 8
	if r.Present != chairs+publishers+subscribers || r.NoMedia != 0 || r.Failures.First != "" {
		t.Errorf("%d present, %d without media, failures: %+v", r.Present, r.NoMedia, r.Failures)
	}
	for name, joins := range map[string]times{"seated": r.Joins.Seated, "connected": r.Joins.Connected, "programme": r.Joins.Programme} {
		if joins.Count != subscribers || joins.P50 <= 0 || joins.P50 > joins.Max {
			t.Errorf("%s: %+v", name, joins)
		}
	}
	if r.Video.Packets == 0 || r.Audio.Packets == 0 || r.Packets != r.Video.Packets+r.Audio.Packets || r.Latency.Count != r.Packets || r.PerSecond <= 0 {
		t.Errorf("pictures %+v, sound %+v, together %+v", r.Video, r.Audio, r.flow)
	}
	if r.Lost != 0 {
		t.Errorf("%d packets are lost", r.Lost)
	}
	if r.Freezes.Pictures < subscribers {
		t.Errorf("%d pictures, want one for each subscriber and more", r.Freezes.Pictures)
	}
	// How many changes there is time for, and how fast slots follow, is the machine's affair.
	changes := r.Speakers
	if changes.Count == 0 || changes.Picture.Due == 0 || changes.Picture.Count == 0 || changes.Sound.Count == 0 || r.Failures.Grants > 0 {
		t.Errorf("no change of the speaker was seen: %+v", changes)
	}
	if machine.Known() && (r.Server == nil || r.Server.MemoryMiB <= 0 || r.Server.Threads == 0) {
		t.Errorf("server: %+v", r.Server)
	}
	for _, want := range []string{"2 meetings of 2 publishers and 4 subscribers", "latency of pictures", "new speaker: sound", "14 there"} {
		if !strings.Contains(table, want) {
			t.Errorf("%q is not in\n%s", want, table)
		}
	}
	if n := s.ended(t); n != 2 {
		t.Errorf("%d meetings were made", n)
	}
}

// All may speak, sites receive too, and subscribers come and go.
func TestCapacityWhileSubscribersComeAndGo(t *testing.T) {
	s := newServer(t)
	code, out, errs := s.call(t.Context(), "--capacity", "--publishers", "2", "--publishers-receive", "--no-simulcast", "--subscribers", "1",
		"--capacity-step", "1", "--capacity-most", "2", "--video-kbps", "200", "--duration", "1500ms", "--settle", "100ms", "--churn", "2",
		"--max-latency", "1m", "--max-loss", "100", "--json", "-")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	var c capacity
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if c.Subscribers != 2 || c.Passed || len(c.Steps) < 2 {
		t.Fatalf("%+v", c)
	}
	again := 0
	for _, step := range c.Steps {
		again += step.Joins.Again
		if step.Video.Packets == 0 || step.Audio.Packets == 0 || step.Server != nil {
			t.Errorf("%+v", step.report)
		}
	}
	if again == 0 {
		t.Error("nobody left and came back")
	}
	s.ended(t)
}

// Whoever interrupts a test is told what was measured until then.
func TestInterrupted(t *testing.T) {
	s := newServer(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	go func() {
		defer interrupt()
		for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			meetings, _, err := s.calendar.List(ctx, calendar.Query{Limit: 10})
			if err == nil && len(meetings) == 1 && meetings[0].State == calendar.StateHeld {
				time.Sleep(500 * time.Millisecond) // in which participants join, or have joined
				return
			}
		}
	}()
	code, out, errs := s.call(ctx, "--publishers", "1", "--subscribers", "2", "--video-kbps", "200", "--settle", "0s", "--duration", "1h")
	// What was interrupted this early may have nothing to tell yet.
	if code == 0 && !strings.Contains(out, "Ended early.") || code == 1 && !strings.Contains(errs, "ended before") || code > 1 {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	s.ended(t)
}

func TestWhatCannotRunSaysWhatToDo(t *testing.T) {
	s := newServer(t)
	tomorrow := time.Now().Add(24 * time.Hour)
	planned, err := s.calendar.Create(t.Context(), calendar.Plan{
		Subject: "Ngày mai", Start: tomorrow, End: tomorrow.Add(time.Hour), Chair: calendar.Person{Name: "Chủ tịch"}, Speaking: procedure.SpeakingOpen,
	}, calendar.Change{Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	open, err := s.calendar.Create(t.Context(), calendar.Plan{
		Subject: "Bây giờ", Start: time.Now(), End: tomorrow, Chair: calendar.Person{Name: "Chủ tịch"}, Speaking: procedure.SpeakingOpen,
	}, calendar.Change{Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	silent := httptest.NewServer(http.NotFoundHandler())
	defer silent.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	token := []string{"DIEMCAU_ADMIN_TOKEN=" + adminToken}
	for name, c := range map[string]struct {
		args, environ []string
		code          int
		want          []string
	}{
		"no flag of that name":   {args: []string{"--subscriber", "3"}, code: 2, want: []string{"--subscriber"}},
		"not a number":           {args: []string{"--publishers", "many"}, code: 2, want: []string{"--publishers"}},
		"nobody":                 {args: []string{"--publishers", "0", "--subscribers", "0"}, code: 2, want: []string{"--publishers", "somebody"}},
		"nobody to speak after":  {args: []string{"--publishers", "1", "--speaker-every", "1s"}, code: 2, want: []string{"--speaker-every", "2 or more"}},
		"no address":             {args: []string{"--server", "127.0.0.1"}, code: 2, want: []string{"--server", "http://"}},
		"password in an address": {args: []string{"--server", "http://a:" + adminToken + "@127.0.0.1"}, code: 2, want: []string{"--token-file"}},
		"no server":              {args: []string{"--server", closed.URL}, environ: token, code: 1, want: []string{closed.URL, "does not answer", "serve"}},
		"another server":         {args: []string{"--server", silent.URL}, environ: token, code: 1, want: []string{"404", "Điểm Cầu"}},
		"no token":               {args: []string{"--token-file", filepath.Join(t.TempDir(), "none")}, code: 1, want: []string{"token", "DIEMCAU_ADMIN_TOKEN"}},
		"wrong token":            {environ: []string{"DIEMCAU_ADMIN_TOKEN=wrong-0123456789"}, code: 1, want: []string{"unauthorized", "--token-file"}},
		"no root certificate":    {args: []string{"--ca", os.Args[0]}, environ: token, code: 1, want: []string{"--ca", "no certificate"}},
		"no such meeting":        {args: []string{"--meeting", "none"}, environ: token, code: 1, want: []string{"not_found", "--meeting"}},
		"meeting not open yet":   {args: []string{"--meeting", planned.ID}, environ: token, code: 1, want: []string{"meeting_not_open", "calendar.join_before_minutes"}},
		"meeting without a floor": {
			args: []string{"--meeting", open.ID, "--speaker-every", "1s"}, environ: token, code: 1, want: []string{"wrong_state", "speaking: floor"},
		},
		"process that is not here": {args: []string{"--pid", "1073741824"}, environ: token, code: 1, want: []string{"no such process", "pidof"}},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "process that is not here" && !machine.Known() {
				t.Skip("this system does not tell what processes use")
			}
			var out, errs output
			if code := run(t.Context(), append([]string{"--server", s.url}, c.args...), c.environ, &out, &errs); code != c.code {
				t.Errorf("exit code %d, want %d: %s", code, c.code, errs.String())
			}
			for _, want := range c.want {
				if !strings.Contains(errs.String(), want) {
					t.Errorf("%q is not in: %s", want, errs.String())
				}
			}
			if strings.Contains(errs.String()+out.String(), adminToken) {
				t.Error("the token is shown")
			}
		})
	}
}
