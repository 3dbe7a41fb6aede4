package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// NewID makes an identifier of 128 random bits, 22 characters that are safe in URLs.
func NewID() string { return random(16) }

// NewSecret makes a secret of 256 random bits, 43 characters that are safe in URLs and cookies.
func NewSecret() string { return random(32) }

func random(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b)
}

// HashOf is what is kept of a secret: who reads the store cannot use what is found there.
func HashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
