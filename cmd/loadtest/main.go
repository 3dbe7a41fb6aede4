// Command loadtest puts a running server under load and says how it bears it: synthetic participants join meetings over the real
// signaling, publish pictures in simulcast layers and sound, and measure what reaches them. README.md says what each figure means.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"diemcau/cmd/loadtest/internal/client"
)

// options is the command line.
type options struct {
	Server    *url.URL `default:"http://127.0.0.1:8080" placeholder:"URL" help:"Address of the server (${default})."`
	TokenFile string   `default:"data/admin-token" placeholder:"FILE" help:"The administrator's token (${default}); $$DIEMCAU_ADMIN_TOKEN goes before it."`
	CA        string   `name:"ca" placeholder:"FILE" help:"Root certificate to trust, for a server with tls: local."`
	PID       int      `name:"pid" help:"Process id of the server on this machine, for its CPU and memory."`
	JSON      string   `name:"json" placeholder:"FILE" help:"Write the report as JSON too; - is standard output, in place of the table."`

	Meeting  []string `group:"Who takes part" placeholder:"ID" help:"Meetings that exist, in place of ones that the test makes and ends."`
	Meetings int      `group:"Who takes part" default:"1" help:"Meetings at once."`

	Publishers        int  `group:"Who takes part" default:"2" help:"Sites of each meeting that send a camera and a microphone; 0 measures what idle listeners take."`
	Subscribers       int  `group:"Who takes part" default:"10" help:"Displays of each meeting that receive; the first step with --capacity."`
	PublishersReceive bool `group:"Who takes part" help:"Publishers receive too, as sites in a hall do."`

	VideoSlots int  `group:"What they send and receive" default:"4" help:"Video slots of who receives: the programme and a mosaic."`
	AudioSlots int  `group:"What they send and receive" default:"3" help:"Audio slots of who receives."`
	TileHeight int  `group:"What they send and receive" default:"180" help:"Height of a picture in the mosaic, in pixels; with simulcast it decides the layer."`
	Simulcast  bool `group:"What they send and receive" default:"true" negatable:"" help:"Cameras send three layers, of 180, 360 and 720 lines (on)."`
	VideoKbps  int  `group:"What they send and receive" default:"1500" help:"Bit rate of a camera's 720 lines, in kbit/s."`

	Duration     time.Duration `group:"What happens" default:"15s" help:"Length of the measurement, of each step with --capacity."`
	Settle       time.Duration `group:"What happens" default:"2s" help:"Time between the last join and the measurement."`
	JoinRate     float64       `group:"What happens" default:"20" help:"Joins a second."`
	Churn        float64       `group:"What happens" help:"Subscribers that leave and come back, a second."`
	SpeakerEvery time.Duration `group:"What happens" help:"The chair gives the floor to the next publisher so often; without, all may speak."`

	Capacity     bool          `group:"How much the server bears" help:"Add subscribers step by step until a limit is passed, and tell how many held."`
	CapacityStep int           `group:"How much the server bears" default:"10" help:"Subscribers that each step adds to each meeting."`
	CapacityMost int           `group:"How much the server bears" default:"500" help:"Subscribers of each meeting at which to stop in any case."`
	MaxLatency   time.Duration `group:"How much the server bears" default:"50ms" help:"The limit of the 99th percentile of latency."`
	MaxLoss      float64       `group:"How much the server bears" default:"0.1" help:"The limit of loss, in percent."`
}

// Validate finds what does not go together (kong).
func (o *options) Validate() error {
	receivers := o.Subscribers
	if o.PublishersReceive {
		receivers += o.Publishers
	}
	for _, c := range []struct {
		wrong bool
		text  string
	}{
		{o.Server.Scheme != "http" && o.Server.Scheme != "https" || o.Server.Host == "", "--server must be like http://127.0.0.1:8080"},
		{o.Server.User != nil, "--server must not hold a password: the token is read from --token-file or DIEMCAU_ADMIN_TOKEN"},
		{o.Meetings < 1, "--meetings must be 1 or more"},
		{o.Publishers < 0 || o.Publishers+o.Subscribers == 0, "--publishers must not be negative, and somebody must take part"},
		{o.Subscribers < 0, "--subscribers must not be negative"},
		{o.VideoSlots < 0 || o.AudioSlots < 0 || o.VideoSlots+o.AudioSlots > 100, "--video-slots and --audio-slots must be 0 to 100 together"},
		{o.VideoSlots+o.AudioSlots == 0 && receivers > 0, "who receives needs --video-slots or --audio-slots"},
		{o.TileHeight < 1 || o.TileHeight > 8192, "--tile-height must be 1 to 8192"},
		{o.VideoKbps < 1 || o.VideoKbps > 100_000, "--video-kbps must be 1 to 100000"},
		{o.Duration <= 0 || o.Settle < 0, "--duration must be more than 0, and --settle not less"},
		{o.JoinRate <= 0, "--join-rate must be more than 0"},
		{o.Churn < 0 || o.Churn > 0 && o.Subscribers == 0, "--churn must not be negative, and needs --subscribers"},
		{o.SpeakerEvery < 0, "--speaker-every must not be negative"},
		{o.SpeakerEvery > 0 && o.Publishers < 2, "--speaker-every needs --publishers 2 or more"},
		{o.PID < 0, "--pid must not be negative"},
		{o.Capacity && (o.Subscribers < 1 || o.CapacityStep < 1), "--capacity needs --subscribers and --capacity-step of 1 or more"},
		{o.Capacity && o.CapacityMost < o.Subscribers, "--capacity-most must be no less than --subscribers"},
		{o.MaxLatency <= 0 || o.MaxLoss < 0, "--max-latency must be more than 0, and --max-loss not negative"},
	} {
		if c.wrong {
			return errors.New(c.text)
		}
	}
	return nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	context.AfterFunc(ctx, stop) // the second signal ends an end that takes too long
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is the program; it gives the exit code: 0, 1 when there is no result, 2 for a command line that cannot be read.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	var o options
	exit := -1
	parser, err := kong.New(&o, kong.Name("loadtest"),
		kong.Description("Synthetic participants of meetings on a running server of Điểm Cầu, and what reaches them."),
		kong.UsageOnError(), kong.Writers(stdout, stderr), kong.Exit(func(code int) { exit = code }))
	if err != nil {
		fmt.Fprintln(stderr, "loadtest:", err)
		return 2
	}
	_, err = parser.Parse(args)
	if exit >= 0 { // --help was given
		return exit
	}
	if err != nil {
		fmt.Fprintln(stderr, "loadtest:", err)
		return 2
	}
	if err := o.run(ctx, environ, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "loadtest:", err)
		if hinted, ok := errors.AsType[*client.Error](err); ok && hinted.Hint != "" {
			fmt.Fprintln(stderr, " ", hinted.Hint)
		}
		return 1
	}
	return 0
}

// run makes the load that is asked for and writes the report.
func (o *options) run(ctx context.Context, environ []string, stdout, stderr io.Writer) error {
	token, err := o.token(environ)
	if err != nil {
		return err
	}
	trust, err := o.trust()
	if err != nil {
		return err
	}
	t, err := newTest(o, client.New(o.Server, token, trust))
	if err != nil {
		return err
	}
	shown := showProgress(stderr, t.status)
	defer shown.end()
	defer t.end()
	if err := t.begin(ctx); err != nil {
		if ctx.Err() != nil {
			return errors.New("ended before anything was measured")
		}
		return err
	}
	if o.Capacity {
		return t.seekCapacity(ctx, shown, stdout)
	}
	report, err := t.measureOnce(ctx)
	if err != nil {
		return err
	}
	t.end()
	shown.end()
	return o.write(stdout, report, func() { report.print(stdout) })
}

// write writes a report where it is wanted: table prints it for people.
func (o *options) write(stdout io.Writer, report any, table func()) error {
	if o.JSON == "-" {
		return writeJSON(stdout, report)
	}
	table()
	if o.JSON == "" {
		return nil
	}
	f, err := os.Create(o.JSON)
	if err != nil {
		return err
	}
	return errors.Join(writeJSON(f, report), f.Close())
}

// token reads the administrator's token.
func (o *options) token(environ []string) (string, error) {
	const name = "DIEMCAU_ADMIN_TOKEN="
	if i := slices.IndexFunc(environ, func(e string) bool { return strings.HasPrefix(e, name) && e != name }); i >= 0 {
		return environ[i][len(name):], nil
	}
	raw, err := os.ReadFile(o.TokenFile)
	if err != nil {
		return "", &client.Error{
			Text: "no administrator's token", Err: err,
			Hint: "It is in the file admin-token of the server's data directory: name it with --token-file, or set DIEMCAU_ADMIN_TOKEN.",
		}
	}
	return strings.TrimSpace(string(raw)), nil
}

// trust is how the server is trusted: nil is as the system does.
func (o *options) trust() (*tls.Config, error) {
	if o.CA == "" {
		return nil, nil
	}
	root, err := os.ReadFile(o.CA)
	if err != nil {
		return nil, fmt.Errorf("--ca: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(root) {
		return nil, fmt.Errorf("--ca: %s holds no certificate", o.CA)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}, nil
}
