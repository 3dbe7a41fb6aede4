package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// Waits of the embedded Redis' life.
const (
	minRestart = 50 * time.Millisecond // before the first restart; doubles
	maxRestart = 5 * time.Second
	goodRun    = 30 * time.Second // a run this long starts the waits anew
	stopWait   = 10 * time.Second // for an orderly stop
	outputWait = 2 * time.Second  // for the last lines of a dead child
)

// child is the embedded Redis: one supervisor goroutine starts it and starts it again until stop is called.
type child struct {
	dir    *dirPath
	binary string
	more   []string // arguments that go before the others
	log    *slog.Logger
	lock   *os.File

	died     chan error    // why the newest run ended, when nobody asked it to
	stopping chan struct{} // closed by stop
	done     chan struct{} // closed when the supervisor has ended

	mu      sync.Mutex
	process *os.Process // of the current run; nil between runs
	stopped bool        // no further run may start
}

// startChild takes the directory, stops what a killed server left on it and starts the supervisor.
func startChild(ctx context.Context, cfg Config, dir *dirPath) (*child, error) {
	name := cfg.Binary
	if name == "" {
		name = "redis-server"
	}
	binary, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("store: %w: install Redis or configure the address of an external one", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	if err := stopSurvivor(ctx, dir, cfg.Log); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	c := &child{
		dir: dir, binary: binary, more: cfg.arguments, log: cfg.Log, lock: lock,
		died: make(chan error, 1), stopping: make(chan struct{}), done: make(chan struct{}),
	}
	go c.supervise()
	return c, nil
}

// supervise runs Redis until stop. The parent-death signal is sent when the thread that started the child ends, so the
// goroutine keeps its thread for as long as it lives.
func (c *child) supervise() {
	runtime.LockOSThread()
	defer close(c.done)
	wait := minRestart
	for {
		began := time.Now()
		err := c.run()
		select {
		case <-c.stopping:
			return
		default:
		}
		select {
		case <-c.died:
		default:
		}
		c.died <- err
		if time.Since(began) > goodRun {
			wait = minRestart
		}
		c.log.Error("embedded Redis ended; starting it again", "error", err, "wait", wait)
		select {
		case <-c.stopping:
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, maxRestart)
	}
}

// run starts Redis once and waits for its end.
func (c *child) run() error {
	output := &output{log: c.log}
	cmd := exec.Command(c.binary, append(arguments(c.dir.path), c.more...)...)
	cmd.Dir = c.dir.path
	cmd.Stdout, cmd.Stderr = output, output
	cmd.WaitDelay = outputWait // a forked rewriter may hold the pipe
	cmd.SysProcAttr = childAttributes()

	c.mu.Lock()
	if c.stopped {
		c.mu.Unlock()
		return nil
	}
	err := cmd.Start()
	if err == nil {
		c.process = cmd.Process
	}
	c.mu.Unlock()
	if err != nil {
		return fmt.Errorf("store: start %s: %w", c.binary, err)
	}
	if err := writePID(c.dir, cmd.Process.Pid); err != nil {
		c.log.Warn("cannot note the process id of the embedded Redis", "error", err)
	}
	err = cmd.Wait()
	c.mu.Lock()
	c.process = nil
	c.mu.Unlock()
	return fmt.Errorf("store: embedded Redis ended: %v: %s", err, output.tail())
}

// arguments configure Redis entirely: no file, no network, nothing acknowledged before it is on disk. The directory is
// among them so that a survivor can be known by it.
func arguments(dir string) []string {
	return []string{
		"--dir", dir,
		"--port", "0",
		"--unixsocket", socketName,
		"--unixsocketperm", "700",
		"--daemonize", "no",
		"--set-proc-title", "no",
		"--save", "",
		"--appendonly", "yes",
		"--appendfsync", "always",
		"--no-appendfsync-on-rewrite", "no",
		"--repl-diskless-sync-delay", "0", // a snapshot waits for no other
		"--aof-load-truncated", "yes",
		"--maxmemory", "0",
		"--maxmemory-policy", "noeviction",
		"--loglevel", "notice",
		"--logfile", "",
	}
}

// writePID notes the child's id for the server after this one.
func writePID(dir *dirPath, pid int) error {
	temporary := dir.file(pidName + ".new")
	if err := os.WriteFile(temporary, []byte(strconv.Itoa(pid)+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, dir.file(pidName))
}

// stop ends the supervisor and Redis: by SHUTDOWN, by SIGTERM when it does not take the command, by SIGKILL when it
// does not end.
func (c *child) stop(client redis.UniversalClient) error {
	close(c.stopping)
	c.mu.Lock()
	c.stopped = true
	process := c.process
	c.mu.Unlock()

	if process != nil {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		if err := client.Shutdown(ctx).Err(); err != nil {
			_ = process.Signal(syscall.SIGTERM) // it may have ended meanwhile
		}
	}
	var late error
	select {
	case <-c.done:
	case <-time.After(stopWait):
		_ = process.Kill()
		<-c.done
		late = fmt.Errorf("store: embedded Redis did not stop within %s and was killed", stopWait)
	}
	_ = os.Remove(c.dir.file(pidName))
	return errors.Join(late, c.lock.Close())
}
