// Command diemcau is the server of Điểm Cầu, and the tools around it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"diemcau/cmd/diemcau/internal/config"
)

// cli is the command line: the configuration, whose flags every command takes, and the commands.
type cli struct {
	Config string        `placeholder:"FILE" help:"YAML file with the configuration ($$DIEMCAU_CONFIG)."`
	Keys   config.Config `embed:""`

	Serve   serveCommand   `cmd:"" help:"Run the server."`
	Check   checkCommand   `cmd:"" help:"Check a configuration and list every fault."`
	Token   tokenCommand   `cmd:"" help:"Print a bearer token for WHIP, WHEP and scripts. The server must run."`
	Account accountCommand `cmd:"" help:"Look after accounts."`
	Backup  backupCommand  `cmd:"" help:"Write all that the server keeps into one file, while it runs or not. The file holds secrets."`
	Restore restoreCommand `cmd:"" help:"Bring back what backup wrote. The server must not run."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

type checkCommand struct {
	Defaults bool `help:"Print every key with its default, as a YAML file, and end."`
}

type versionCommand struct{}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	context.AfterFunc(ctx, stop) // the second signal ends a stop that takes too long
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is the program; it gives the exit code: 0, 1 for a failure, 2 for a command line that cannot be read.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	loader := config.NewLoader(environ)
	var c cli
	exit := -1
	parser, err := kong.New(&c, append(loader.Options(),
		kong.Name("diemcau"), kong.Description("Điểm Cầu: hội nghị trực tuyến trên máy chủ của tỉnh. Self-hosted online meetings."),
		kong.UsageOnError(), kong.Writers(stdout, stderr), kong.Exit(func(code int) { exit = code }),
	)...)
	if err != nil {
		fmt.Fprintln(stderr, "diemcau:", err)
		return 2
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 { // --help was given
		return exit
	}
	if err != nil {
		fmt.Fprintln(stderr, "diemcau:", err)
		return 2
	}
	switch {
	case parsed.Command() == "version":
		fmt.Fprintln(stdout, version())
	case c.Check.Defaults:
		fmt.Fprint(stdout, config.Example())
	case !valid(loader, &c.Keys, stderr):
		return 1
	case parsed.Command() == "check":
		fmt.Fprintln(stdout, "The configuration is valid.")
	case parsed.Command() == "serve":
		err = c.Serve.run(ctx, &c.Keys, stdout, stderr)
	case parsed.Command() == "token":
		err = c.Token.run(ctx, &c.Keys, stdout)
	case parsed.Command() == "backup <file>":
		err = c.Backup.run(ctx, &c.Keys, stdout, stderr)
	case parsed.Command() == "restore <file>":
		err = c.Restore.run(ctx, &c.Keys, stdout, stderr)
	case parsed.Command() == "account reset-link":
		err = c.Account.ResetLink.run(ctx, &c.Keys, stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, "diemcau:", err)
		return 1
	}
	return 0
}

// valid tells whether the configuration can be used, and lists every fault where it cannot.
func valid(loader *config.Loader, keys *config.Config, stderr io.Writer) bool {
	faults := loader.Faults(keys)
	if len(faults) == 0 {
		return true
	}
	fmt.Fprintln(stderr, "diemcau: the configuration is not valid:")
	for _, f := range faults {
		fmt.Fprintln(stderr, "  "+f.String())
	}
	return false
}

// version is the module's version and the commit that it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "diemcau"
	}
	revision, modified := "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = " " + s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			if s.Value == "true" {
				modified = " (changed)"
			}
		}
	}
	return "diemcau " + info.Main.Version + revision + modified + " " + info.GoVersion
}
