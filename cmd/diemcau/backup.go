package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"diemcau/cmd/diemcau/internal/config"
	"diemcau/rooms/backup"
	"diemcau/rooms/papers"
	"diemcau/rooms/store"
)

// keptFiles of the data directory belong to a backup: without them tokens and certificates would change with a restore.
var keptFiles = []string{adminTokenFile, "tls"}

type backupCommand struct {
	File string `arg:"" help:"File to write; it must not exist."`
}

func (c *backupCommand) run(ctx context.Context, keys *config.Config, stdout, stderr io.Writer) (err error) {
	log := newLogger(keys.Log, stderr)
	redis, err := storeConfig(keys, log)
	if err != nil {
		return err
	}
	redis.Patient = true
	starting, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	kept, err := store.Attach(starting, redis)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	storage, closeStorage, err := paperStorage(keys)
	if err != nil {
		return err
	}
	defer closeStorage()
	m, err := backup.Write(ctx, backup.Source{
		Store: kept, DB: redis.DB, Storage: storage, DataDir: keys.Data, Files: keptFiles, Binary: keys.Redis.Binary, Program: version(), Log: log,
	}, c.File)
	if err == nil || errors.Is(err, backup.ErrIncomplete) {
		_, failed := fmt.Fprintf(stdout, "%s: Redis, %d contents of papers\n", c.File, m.Papers)
		err = errors.Join(err, failed)
	}
	return err
}

type restoreCommand struct {
	File    string `arg:"" help:"File that backup wrote."`
	Replace bool   `help:"Restore although there are data: the data directory's are moved aside, those in an external Redis are removed."`
}

func (c *restoreCommand) run(ctx context.Context, keys *config.Config, stdout, stderr io.Writer) error {
	log := newLogger(keys.Log, stderr)
	redis, err := storeConfig(keys, log)
	if err != nil {
		return err
	}
	if redis.DataDir, err = filepath.Abs(keys.Data); err != nil {
		return err
	}
	to := backup.Target{Store: redis, Replace: c.Replace, Log: log}
	if keys.Papers.S3Endpoint != "" {
		var storage papers.Storage
		var closeStorage func()
		if storage, closeStorage, err = paperStorage(keys); err != nil {
			return err
		}
		defer closeStorage()
		to.Storage = storage
	}
	m, err := backup.Restore(ctx, c.File, to)
	switch {
	case errors.Is(err, backup.ErrNotEmpty):
		return fmt.Errorf("%w (--replace restores all the same)", err)
	case err != nil:
		return err
	}
	_, err = fmt.Fprintf(stdout, "restored: Redis, %d contents of papers, as of %s\n", m.Papers, m.Made.Local().Format("02/01/2006 15:04"))
	return err
}
