package store

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// survivorWait is how long a survivor may take to stop before it is killed.
const survivorWait = 5 * time.Second

// stopSurvivor ends a Redis that a killed server left running on the directory. Two on the same files would destroy
// them, so it returns nil only when none is left. The caller holds the directory's lock.
func stopSurvivor(ctx context.Context, dir *dirPath, log *slog.Logger) error {
	for _, pid := range []int{pidFromFile(dir), pidFromSocket(ctx, dir)} {
		if pid <= 0 || pid == os.Getpid() {
			continue
		}
		process, err := os.FindProcess(pid) // by handle: the signals below reach this process or none
		if err != nil || !isOurRedis(pid, dir.path) {
			continue
		}
		log.Warn("stopping the Redis that a killed server left behind", "pid", pid)
		if err := endProcess(ctx, process, dir.path); err != nil {
			return err
		}
	}
	return nil
}

// endProcess stops a process that is not our child: politely, then not.
func endProcess(ctx context.Context, process *os.Process, dir string) error {
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		_ = process.Signal(signal) // it may have ended meanwhile
		for deadline := time.Now().Add(survivorWait); time.Now().Before(deadline); {
			if !isOurRedis(process.Pid, dir) {
				return nil
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("store: waiting for a surviving Redis to stop: %w", ctx.Err())
			case <-time.After(readyPoll):
			}
		}
	}
	return fmt.Errorf("store: Redis process %d survives on %s and cannot be stopped", process.Pid, dir)
}

// pidFromFile is the process id that the killed server noted, or 0.
func pidFromFile(dir *dirPath) int {
	raw, err := os.ReadFile(dir.file(pidName))
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(raw)))
	return pid
}

// pidFromSocket asks whoever answers on the directory's socket for its process id; 0 when nobody does.
func pidFromSocket(ctx context.Context, dir *dirPath) int {
	client := newClient(Config{Addrs: []string{dir.socket()}})
	defer client.Close()
	return processID(ctx, client)
}

// processID is the process id of a running Redis, or 0.
func processID(ctx context.Context, client redis.UniversalClient) int {
	return int(infoNumber(client.Info(ctx, "server").Val(), "process_id"))
}

// infoNumber reads one number of the answer to INFO; 0 when it is absent.
func infoNumber(info, name string) int64 {
	for line := range strings.Lines(info) {
		if value, found := strings.CutPrefix(line, name+":"); found {
			n, _ := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
			return n
		}
	}
	return 0
}
