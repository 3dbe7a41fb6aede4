// Command impair stands between clients and a server on this machine and makes the link between them a bad one: thin, slow, lossy, cut, or
// from another address. README.md says how it is used.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// options is the command line.
type options struct {
	UDP  []forward `placeholder:"LISTEN=TARGET" help:"Forward a UDP port: 127.0.0.1:9001=127.0.0.1:7890. Port 0 takes a free one."`
	TCP  []forward `placeholder:"LISTEN=TARGET" help:"Forward a TCP port."`
	Up   string    `placeholder:"JSON" help:"Conditions of what clients send; a perfect link without."`
	Down string    `placeholder:"JSON" help:"Conditions of what the server sends."`
	Seed uint64    `default:"1" help:"Of the dice: the same packets have the same luck (${default})."`
}

// Validate finds what does not go together (kong).
func (o *options) Validate() error {
	if len(o.UDP)+len(o.TCP) == 0 {
		return errors.New("--udp or --tcp must say what to forward")
	}
	if _, err := parseConditions(o.Up); err != nil {
		return fmt.Errorf("--up: %w", err)
	}
	if _, err := parseConditions(o.Down); err != nil {
		return fmt.Errorf("--down: %w", err)
	}
	return nil
}

// forward is a port here and what it stands for.
type forward struct{ listen, target netip.AddrPort }

// UnmarshalText reads "127.0.0.1:9001=127.0.0.1:7890". Both are loopback: this is a test bench, and no relay for strangers.
func (f *forward) UnmarshalText(text []byte) (err error) {
	listen, target, ok := strings.Cut(string(text), "=")
	if !ok {
		return errors.New("the form is 127.0.0.1:9001=127.0.0.1:7890")
	}
	if f.listen, err = loopback(listen); err != nil {
		return err
	}
	if f.target, err = loopback(target); err == nil && f.target.Port() == 0 {
		err = fmt.Errorf("%s has no port", target)
	}
	return err
}

func loopback(text string) (netip.AddrPort, error) {
	a, err := netip.ParseAddrPort(text)
	if err != nil || !a.Addr().Is4() || !a.Addr().IsLoopback() {
		return a, fmt.Errorf("%q is not an address like 127.0.0.1:9001", text)
	}
	return a, nil
}

func main() {
	var o options
	kong.Parse(&o, kong.Name("impair"), kong.Description("Puts a bad link between clients and a server on this machine. Commands come on standard input."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdin, os.Stdout, slog.New(slog.NewTextHandler(os.Stderr, nil))); err != nil {
		fmt.Fprintln(os.Stderr, "impair:", err)
		os.Exit(1)
	}
}

// run forwards until ctx or the commands end.
func run(ctx context.Context, o options, in io.Reader, out io.Writer, log *slog.Logger) error {
	up, err := parseConditions(o.Up)
	if err != nil {
		return err
	}
	down, err := parseConditions(o.Down)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	s := newSite(ctx, up, down, o.Seed, log)
	defer s.goroutines.Wait()
	defer cancel()
	first := report{}
	for _, f := range o.UDP {
		d, err := s.forwardUDP(ctx, f.listen, f.target)
		if err != nil {
			return err
		}
		s.datagrams = append(s.datagrams, d)
		first.UDP = append(first.UDP, d.listener.LocalAddr().String())
	}
	for _, f := range o.TCP {
		t, err := s.forwardTCP(ctx, f.listen, f.target)
		if err != nil {
			return err
		}
		s.streams = append(s.streams, t)
		first.TCP = append(first.TCP, t.listener.Addr().String())
	}
	if err := json.NewEncoder(out).Encode(first); err != nil {
		return err
	}
	obeyed := make(chan error, 1)
	// Not one of the site's goroutines: a read of standard input cannot be ended.
	go func() { obeyed <- s.obey(in, out) }()
	select {
	case err := <-obeyed:
		return err
	case <-ctx.Done():
		return nil
	}
}
