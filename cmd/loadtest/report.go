package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"diemcau/cmd/loadtest/internal/machine"
	"diemcau/cmd/loadtest/internal/measure"
	"diemcau/signaling/protocol"
)

// setup is what was asked for.
type setup struct {
	Meetings          int               `json:"meetings"`
	Publishers        int               `json:"publishers"` // of each meeting, as subscribers
	Subscribers       int               `json:"subscribers"`
	PublishersReceive bool              `json:"publishers_receive"`
	Speaking          protocol.Speaking `json:"speaking,omitempty"` // as the test has planned its meetings
	VideoSlots        int               `json:"video_slots"`
	AudioSlots        int               `json:"audio_slots"`
	TileHeight        int               `json:"tile_height"`
	Simulcast         bool              `json:"simulcast"`
	VideoKbps         int               `json:"video_kbps"`
	JoinRate          float64           `json:"joins_per_second"`
	Churn             float64           `json:"churn_per_second"`
	SpeakerEveryS     float64           `json:"speaker_every_s"`
}

// report is one measurement.
type report struct {
	Setup    setup      `json:"setup"`
	Seconds  float64    `json:"seconds"`
	Early    bool       `json:"ended_early"` // by a signal
	Present  int        `json:"present"`     // participants in the meetings at the end, the test's own chairs included
	NoMedia  int        `json:"without_media"`
	Failures failures   `json:"failures"`
	Joins    joinReport `json:"joins"`

	flow            // of pictures and sound together
	Video    flow   `json:"video"`
	Audio    flow   `json:"audio"`
	Freezes  frozen `json:"freezes"`
	Speakers turns  `json:"speaker_changes"`

	Server    *serverUse   `json:"server,omitempty"` // where it is known
	Generator generatorUse `json:"generator"`
	Machine   machineUse   `json:"machine"`
}

// joinReport is what joins took, each from the request for a ticket on.
type joinReport struct {
	Again     int   `json:"again"`     // of subscribers that had left
	Seated    times `json:"seated"`    // until the welcome
	Connected times `json:"connected"` // until ICE and DTLS were done
	Programme times `json:"programme"` // until the first packet of the programme
}

// flow is what arrived, each packet once.
type flow struct {
	Packets       uint64  `json:"packets"`
	PerSecond     float64 `json:"packets_per_second"`
	MbitPerSecond float64 `json:"mbit_per_second"` // of RTP
	Lost          int64   `json:"lost"`
	LossPercent   float64 `json:"loss_percent"`
	Withheld      int64   `json:"withheld"` // that the server left out on purpose
	Latency       times   `json:"latency"`
}

type frozen struct {
	Count    int     `json:"count"`
	Seconds  float64 `json:"seconds"`
	Percent  float64 `json:"percent"` // of the time of all pictures
	Pictures int     `json:"pictures"`
}

// turns are the changes of the speaker, and how slots 0 followed them: from the request to the first packet of the new speaker.
type turns struct {
	Count   int  `json:"count"`
	Picture turn `json:"picture"`
	Sound   turn `json:"sound"`
}

type turn struct {
	Due int `json:"due"` // slots 0 that had to follow
	times
}

// times is a distribution of times.
type times struct {
	Count uint64  `json:"count"`
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	P99   float64 `json:"p99_ms"`
	Max   float64 `json:"max_ms"`
}

type serverUse struct {
	CPUCores          float64 `json:"cpu_cores"`
	CPUPerPacket      float64 `json:"cpu_us_per_delivered_packet"`
	MemoryMiB         float64 `json:"memory_mib"`
	KiBPerParticipant float64 `json:"memory_kib_per_participant"` // above what the server held before anybody came
	Threads           int     `json:"threads"`
}

type generatorUse struct {
	CPUCores      float64 `json:"cpu_cores"`
	FramesPercent float64 `json:"frames_sent_percent"` // of those that were due
	Unsent        uint64  `json:"packets_unsent"`
}

type machineUse struct {
	Processors    int     `json:"processors"`
	IdlePercent   float64 `json:"idle_percent"`
	StolenPercent float64 `json:"stolen_percent"` // by other virtual machines
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func timesOf(h *measure.Histogram) times {
	return times{
		Count: h.Count(), P50: milliseconds(h.Quantile(0.5)), P95: milliseconds(h.Quantile(0.95)), P99: milliseconds(h.Quantile(0.99)),
		Max: milliseconds(h.Max()),
	}
}

func flowOf(packets, bytes uint64, lost, withheld int64, latency *measure.Histogram, seconds float64) flow {
	lost = max(lost, 0) // what came late may have been missing before the measurement
	f := flow{Packets: packets, Lost: lost, Withheld: withheld, Latency: timesOf(latency)}
	if seconds > 0 {
		f.PerSecond, f.MbitPerSecond = float64(packets)/seconds, float64(bytes)*8/seconds/1e6
	}
	if lost > 0 {
		f.LossPercent = 100 * float64(lost) / float64(int64(packets)+lost)
	}
	return f
}

// shortest is the shortest measurement that says something.
const shortest = 100 * time.Millisecond

// report puts together what came between two moments.
func (t *test) report(sum *tally, before, after use, early bool) *report {
	seconds := (after.at - before.at).Seconds()
	if seconds < shortest.Seconds() {
		seconds = 0 // it was ended at once: nothing can be told for each second
	}
	r := &report{
		Setup: setup{
			Meetings: len(t.meetings), Publishers: t.Publishers, Subscribers: len(t.meetings[0].subscribers), PublishersReceive: t.PublishersReceive,
			VideoSlots: t.VideoSlots, AudioSlots: t.AudioSlots, TileHeight: t.TileHeight, Simulcast: t.Simulcast,
			VideoKbps: t.VideoKbps, JoinRate: t.JoinRate, Churn: t.Churn, SpeakerEveryS: t.SpeakerEvery.Seconds(),
		},
		Seconds: seconds, Early: early, NoMedia: t.withoutMedia(), Generator: generatorUse{Unsent: after.unsent - before.unsent},
	}
	if len(t.Meeting) == 0 {
		r.Setup.Speaking = t.speaking()
	}
	for _, p := range t.everybody() {
		if p.present() != nil {
			r.Present++
		}
	}
	t.mu.Lock()
	r.Failures, r.Speakers.Count = t.failures, t.changes
	r.Joins = joinReport{
		Again: t.joins.again, Seated: timesOf(&t.joins.seated), Connected: timesOf(&t.joins.connected), Programme: timesOf(&t.joins.programme),
	}
	t.mu.Unlock()

	flowOfKind := func(k kind) flow {
		return flowOf(sum.packets[k], sum.bytes[k], sum.lost[k], sum.withheld[k], &sum.latency[k], seconds)
	}
	r.Video, r.Audio = flowOfKind(video), flowOfKind(audio)
	both := sum.latency[video]
	both.Merge(&sum.latency[audio])
	r.flow = flowOf(sum.packets[video]+sum.packets[audio], sum.bytes[video]+sum.bytes[audio], r.Video.Lost+r.Audio.Lost,
		r.Video.Withheld+r.Audio.Withheld, &both, seconds)
	r.Speakers.Picture = turn{sum.due[video], timesOf(&sum.switched[video])}
	r.Speakers.Sound = turn{sum.due[audio], timesOf(&sum.switched[audio])}
	r.Freezes = frozen{Count: sum.freezes, Seconds: sum.frozen.Seconds(), Pictures: sum.pictures}
	if sum.pictures > 0 && seconds > 0 {
		r.Freezes.Percent = 100 * r.Freezes.Seconds / (seconds * float64(sum.pictures))
	}

	if seconds > 0 {
		r.Generator.CPUCores = (after.self.CPU - before.self.CPU).Seconds() / seconds
		r.Generator.FramesPercent = 100 * float64(after.frames-before.frames) / t.framesDue(after.at-before.at)
	}
	r.Machine.Processors = runtime.NumCPU()
	r.Machine.IdlePercent, r.Machine.StolenPercent = after.processors.Since(before.processors)
	if t.PID != 0 && machine.Known() && seconds > 0 {
		r.Server = t.serverUse(before.server, after.server, r, seconds)
	}
	return r
}

func (t *test) serverUse(before, after machine.Process, r *report, seconds float64) *serverUse {
	cpu := (after.CPU - before.CPU).Seconds()
	u := &serverUse{CPUCores: cpu / seconds, MemoryMiB: float64(after.Memory) / (1 << 20), Threads: after.Threads}
	if r.Packets > 0 {
		u.CPUPerPacket = 1e6 * cpu / float64(r.Packets)
	}
	if r.Present > 0 {
		u.KiBPerParticipant = float64(after.Memory-t.idle.Memory) / 1024 / float64(r.Present)
	}
	return u
}

// fullBelow is the idle time in percent below which a machine is as good as full.
const fullBelow = 10

// doubts are reasons to take the figures with care.
func (r *report) doubts() (all []string) {
	if m := r.Machine; r.Generator.CPUCores > 0 && m.IdlePercent < fullBelow {
		all = append(all, fmt.Sprintf("The machine was full (%.0f %% idle), the load generator took %.2f of its %d processors: "+
			"latency and loss are those of both together.", m.IdlePercent, r.Generator.CPUCores, m.Processors))
	}
	if r.Generator.FramesPercent > 0 && r.Generator.FramesPercent < 98 {
		all = append(all, fmt.Sprintf("The load generator sent only %.0f %% of the frames that were due.", r.Generator.FramesPercent))
	}
	if r.Generator.Unsent > 0 {
		all = append(all, fmt.Sprintf("The load generator could not send %d packets.", r.Generator.Unsent))
	}
	if r.Machine.StolenPercent > 5 {
		all = append(all, fmt.Sprintf("Other virtual machines took %.0f %% of the processors' time.", r.Machine.StolenPercent))
	}
	if r.Speakers.Picture.Count < uint64(r.Speakers.Picture.Due) {
		all = append(all, fmt.Sprintf("%d pictures of the programme did not follow a change of the speaker.", r.Speakers.Picture.Due-int(r.Speakers.Picture.Count)))
	}
	if r.Failures.First != "" {
		all = append(all, "The first failure: "+r.Failures.First)
	}
	if r.Early {
		all = append(all, "Ended early.")
	}
	return all
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// describe is the setup in one line.
func (s setup) describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s and %s; cameras of %d kbit/s", count(s.Meetings, "meeting"), count(s.Publishers, "publisher"),
		count(s.Subscribers, "subscriber"), s.VideoKbps)
	if s.Simulcast {
		b.WriteString(" in 3 layers")
	}
	fmt.Fprintf(&b, "; %s and %d for sound", count(s.VideoSlots, "video slot"), s.AudioSlots)
	if s.SpeakerEveryS > 0 {
		fmt.Fprintf(&b, "; another speaker every %g s", s.SpeakerEveryS)
	}
	if s.Churn > 0 {
		fmt.Fprintf(&b, "; %g a second leave and come back", s.Churn)
	}
	return b.String()
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// print writes the report for people.
func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "%s\nmeasured for %.1f s\n\n", r.Setup.describe(), r.Seconds)
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "milliseconds\tcount\tp50\tp95\tp99\tmax\t")
	for _, row := range []struct {
		name string
		times
	}{
		{"latency of pictures", r.Video.Latency}, {"latency of sound", r.Audio.Latency},
		{"join: seat", r.Joins.Seated}, {"join: media connected", r.Joins.Connected}, {"join: programme", r.Joins.Programme},
		{"new speaker: picture", r.Speakers.Picture.times}, {"new speaker: sound", r.Speakers.Sound.times},
	} {
		if row.Count > 0 {
			fmt.Fprintf(t, "%s\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t\n", row.name, row.Count, row.P50, row.P95, row.P99, row.Max)
		}
	}
	_ = t.Flush() // what w does not take is lost

	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-13s "+format+"\n", append([]any{name}, args...)...)
	}
	fmt.Fprintln(w)
	line("delivered", "%d packets, %.0f a second, %.1f Mbit/s", r.Packets, r.PerSecond, r.MbitPerSecond)
	line("loss", "%.3f %%: %d of pictures, %d of sound; %d withheld by the server", r.LossPercent, r.Video.Lost, r.Audio.Lost, r.Withheld)
	line("freezes", "%d, %.2f s together: %.2f %% of the time of %s", r.Freezes.Count, r.Freezes.Seconds, r.Freezes.Percent, count(r.Freezes.Pictures, "picture"))
	line("participants", "%d there, %d without media; %d could not join, %d lost their connection", r.Present, r.NoMedia, r.Failures.Joins, r.Failures.Connections)
	if r.Setup.Churn > 0 {
		line("came back", "%d", r.Joins.Again)
	}
	if s := r.Speakers; s.Count+r.Failures.Grants > 0 {
		line("new speakers", "%d, %d refused; %d of %d pictures and %d of %d sounds followed", s.Count, r.Failures.Grants, s.Picture.Count, s.Picture.Due,
			s.Sound.Count, s.Sound.Due)
	}
	if s := r.Server; s != nil {
		line("server", "%.2f processors, %.1f µs a delivered packet; %.0f MiB, %.0f KiB a participant; %d threads", s.CPUCores, s.CPUPerPacket, s.MemoryMiB,
			s.KiBPerParticipant, s.Threads)
	}
	if machine.Known() {
		line("generator", "%.2f processors, %.1f %% of the frames sent", r.Generator.CPUCores, r.Generator.FramesPercent)
		line("machine", "%d processors, %.0f %% idle, %.1f %% stolen", r.Machine.Processors, r.Machine.IdlePercent, r.Machine.StolenPercent)
	}
	for _, d := range r.doubts() {
		fmt.Fprintln(w, d)
	}
}
