package localca

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func TestCertificatesAreRenewedInTime(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { // its clock jumps
		a, err := Open(dir, []string{"hop.example", "10.1.0.5"})
		if err != nil {
			t.Fatal(err)
		}
		first := check(t, a)
		time.Sleep(leafLifetime - renewBefore - clockSkew - time.Hour)
		if again := check(t, a); !again.Equal(first) {
			t.Error("another certificate before it is time")
		}
		time.Sleep(2 * time.Hour)
		if again := check(t, a); again.Equal(first) || time.Until(again.NotAfter) < 365*24*time.Hour {
			t.Errorf("not renewed: valid until %v", again.NotAfter)
		}
		if first.NotAfter.Sub(first.NotBefore) > 397*24*time.Hour {
			t.Error("valid for longer than browsers accept")
		}
	})
}

// check gives the certificate that is served now, after a browser's checks.
func check(t *testing.T, a *Authority) *x509.Certificate {
	t.Helper()
	served, err := a.Certificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.Root())
	for _, host := range []string{"hop.example", "10.1.0.5"} {
		if _, err := served.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: host, CurrentTime: time.Now()}); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	return served.Leaf
}

func TestTheRootIsKeptAndItsKeyIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	first, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Root(), second.Root()) {
		t.Error("a second start made another root")
	}
	if info, err := os.Stat(filepath.Join(dir, "ca.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key: %v %v", info.Mode(), err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.key"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, nil); err == nil {
		t.Error("a damaged key was taken")
	}
}
