package papers

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/store"
)

//go:embed commit.lua
var commitSource string

//go:embed readers.lua
var readersSource string

//go:embed remove.lua
var removeSource string

//go:embed sweep.lua
var sweepSource string

var (
	commitScript  = redis.NewScript(commitSource)
	readersScript = redis.NewScript(readersSource)
	removeScript  = redis.NewScript(removeSource)
	sweepScript   = redis.NewScript(sweepSource)
)

const (
	sweepEvery = 5 * time.Minute
	sweepMost  = 100 // in one step
)

// Run sweeps now and from time to time until ctx ends.
func (p *Papers) Run(ctx context.Context) {
	until := p.now()
	if p.Alone {
		until = until.Add(3 * writeWait) // all that can be pending
	}
	for {
		if err := p.sweep(ctx, until); err != nil && ctx.Err() == nil {
			p.Log.Warn("contents that no paper refers to stay for now", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(sweepEvery):
			until = p.now()
		}
	}
}

// sweep removes what is garbage and what should have been recorded until a time.
func (p *Papers) sweep(ctx context.Context, until time.Time) error {
	for {
		blobs, err := sweepScript.Run(ctx, p.Store.Client(), []string{keyPending, keyGarbage, keyHold}, until.UnixMilli(), sweepMost, p.now().UnixMilli()).StringSlice()
		if err != nil {
			return fmt.Errorf("papers: sweep: %w", store.Classify(err))
		}
		for _, blob := range blobs {
			if err := p.Storage.Delete(ctx, blob); err != nil {
				return err
			}
			if err := p.Store.Client().SRem(ctx, keyGarbage, blob).Err(); err != nil {
				return fmt.Errorf("papers: sweep: %w", store.Classify(err))
			}
		}
		if len(blobs) < sweepMost {
			return nil
		}
	}
}
