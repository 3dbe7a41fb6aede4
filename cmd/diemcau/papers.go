package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"diemcau/cmd/diemcau/internal/config"
	"diemcau/rooms/papers"
	"diemcau/rooms/store"
)

const (
	// spareDisk is how much of the disk papers leave free: the embedded Redis ends when it cannot write.
	spareDisk  = 512 << 20
	bucketWait = 5 * time.Second
)

// storeConfig says which Redis the configuration names.
func storeConfig(k *config.Config, log *slog.Logger) (store.Config, error) {
	tls, err := k.Redis.TLSConfig()
	if err != nil {
		return store.Config{}, fmt.Errorf("redis.ca: %w", err)
	}
	addresses := make([]string, len(k.Redis.Addresses))
	for i, a := range k.Redis.Addresses {
		addresses[i] = string(a)
	}
	return store.Config{
		Addrs: addresses, Username: k.Redis.Username, Password: string(k.Redis.Password), MasterName: k.Redis.Sentinel, Cluster: k.Redis.Cluster,
		TLS: tls, DB: k.Redis.DB, DataDir: k.Data, Binary: k.Redis.Binary, Log: log,
	}, nil
}

// papersDir is where papers are kept and uploads are checked.
func papersDir(k *config.Config) string { return filepath.Join(k.Data, "papers") }

// paperStorage is where the configuration has contents kept; close lets go of it.
func paperStorage(k *config.Config) (storage papers.Storage, close func(), err error) {
	p := k.Papers
	if p.S3Endpoint == "" {
		disk, err := papers.NewDisk(papersDir(k))
		return disk, func() {}, err
	}
	tls, err := p.TLSConfig()
	if err != nil {
		return nil, nil, fmt.Errorf("papers.s3_ca: %w", err)
	}
	bucket, err := papers.NewS3(papers.S3Config{
		Endpoint: p.S3Endpoint, Region: p.S3Region, Bucket: p.S3Bucket, AccessKey: p.S3AccessKey, SecretKey: string(p.S3SecretKey), TLS: tls,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("papers.s3_endpoint: %w", err)
	}
	return bucket, bucket.Close, nil
}

// openPapers starts what keeps papers. A bucket that does not answer keeps nobody from meeting: it is said in the log.
func (s *server) openPapers() (*papers.Papers, error) {
	storage, closeStorage, err := paperStorage(s.keys)
	if err != nil {
		return nil, err
	}
	kept, err := papers.New(papers.Config{
		Store: s.store, Storage: storage, Dir: papersDir(s.keys), Largest: int64(s.keys.Papers.Largest) << 20, Quota: int64(s.keys.Papers.Quota) << 30,
		Reserve: spareDisk, Alone: len(s.keys.Redis.Addresses) == 0, Log: s.log,
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { kept.Run(ctx) })
	if bucket, ok := storage.(*papers.S3); ok {
		running.Go(func() {
			asking, done := context.WithTimeout(ctx, bucketWait)
			defer done()
			if err := bucket.Check(asking); err != nil && ctx.Err() == nil {
				s.log.Warn("papers cannot be kept or read until their bucket answers", "error", err)
			}
		})
	}
	s.sweeps = func() {
		cancel()
		running.Wait()
		closeStorage()
	}
	return kept, nil
}
