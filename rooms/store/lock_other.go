//go:build !unix

package store

import (
	"errors"
	"os"
)

// lockDir refuses: the embedded Redis needs unix sockets and file locks.
func lockDir(*dirPath) (*os.File, error) {
	return nil, errors.New("store: the embedded Redis needs a Unix system; configure the address of an external one")
}
