// Package localca is a certificate authority of the server's own, for places that have neither a public name nor the Internet: its
// root is installed once on each machine, and every certificate of the server is then trusted.
package localca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	rootYears = 10
	// leafLifetime is what browsers accept at most (CA/Browser Forum, ballot SC-31).
	leafLifetime = 397 * 24 * time.Hour
	renewBefore  = 30 * 24 * time.Hour
	clockSkew    = 24 * time.Hour // machines without the Internet have clocks that are wrong
)

// Authority makes the server's certificates. It is safe for concurrent use.
type Authority struct {
	root    *x509.Certificate
	rootPEM []byte
	key     crypto.Signer
	hosts   []string

	mu   sync.Mutex
	leaf *tls.Certificate
}

// Open reads the authority from a directory, or makes it there. Its certificates are for the hosts, names or addresses.
func Open(directory string, hosts []string) (*Authority, error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, fmt.Errorf("local authority: %w", err)
	}
	certificate, key := filepath.Join(directory, "ca.crt"), filepath.Join(directory, "ca.key")
	if _, err := os.Stat(certificate); errors.Is(err, os.ErrNotExist) {
		if err := makeRoot(certificate, key); err != nil {
			return nil, fmt.Errorf("local authority: %w", err)
		}
	}
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("local authority: %w", err)
	}
	signer, ok := pair.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, errors.New("local authority: the key cannot sign")
	}
	rootPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})
	return &Authority{root: pair.Leaf, rootPEM: rootPEM, key: signer, hosts: hosts}, nil
}

// Root is the authority's certificate in PEM, to be installed on the machines of the participants.
func (a *Authority) Root() []byte { return a.rootPEM }

// Certificate gives the server's certificate, a new one in time before the old one ends (tls.Config.GetCertificate).
func (a *Authority) Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.leaf != nil && time.Until(a.leaf.Leaf.NotAfter) > renewBefore {
		return a.leaf, nil
	}
	leaf, err := a.issue(time.Now())
	if err != nil {
		return nil, fmt.Errorf("local authority: %w", err)
	}
	a.leaf = leaf
	return leaf, nil
}

func (a *Authority) issue(now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Điểm Cầu"},
		NotBefore: now.Add(-clockSkew), NotAfter: now.Add(leafLifetime - clockSkew),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, h := range a.hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else if h != "" {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.root, key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.root.Raw}, PrivateKey: key, Leaf: leaf}, nil
}

func makeRoot(certificate, keyFile string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Điểm Cầu " + now.Format("2006-01-02"), Organization: []string{"Điểm Cầu"}},
		NotBefore: now.Add(-clockSkew), NotAfter: now.AddDate(rootYears, 0, 0), IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	// The key first: a certificate without its key would be taken for a finished authority.
	if err := os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)
}

func serial() *big.Int {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return new(big.Int).SetBytes(b[:])
}
