// Command scenario plays links that become thin, lossy or shared, in virtual time, and draws what the bandwidth estimator and the allocation
// make of them.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	out := flag.String("out", "scenarios", "folder of the pictures")
	only := flag.String("only", "", "name of the one scenario to play")
	flag.Parse()
	if err := run(*out, *only); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(out, only string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, s := range Scenarios() {
		if only != "" && s.Name != only {
			continue
		}
		path := filepath.Join(out, s.Name+".svg")
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		if err := Run(s).Draw(f); err != nil {
			_ = f.Close() // the error before it counts
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
		fmt.Println(path)
	}
	return nil
}
