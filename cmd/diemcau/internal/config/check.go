package config

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// Faults gives everything that is wrong: what no key takes, what has the wrong form, and what does not fit together.
func (l *Loader) Faults(c *Config) Faults {
	faults := l.faults
	if len(faults) > 0 {
		return faults // what is missing because it was wrong would only be reported twice
	}
	faults = append(faults, c.checkTLS()...)
	faults = append(faults, c.checkRedis()...)
	if _, err := c.Media.Advertised(); err != nil {
		faults = append(faults, Fault{Key: "media.advertise", Problem: err.Error()})
	}
	if info, err := os.Stat(c.Data); err == nil && !info.IsDir() {
		faults = append(faults, Fault{Key: "data", Problem: fmt.Sprintf("%q is not a directory", c.Data)})
	}
	slices.SortStableFunc(faults, func(a, b Fault) int { return strings.Compare(a.Key, b.Key) })
	return faults
}

func (c *Config) checkTLS() Faults {
	var faults Faults
	if c.TLS == "off" && !c.Listen.Loopback() {
		faults = append(faults, Fault{Key: "tls", Problem: fmt.Sprintf(
			"is off, but listen is %s: browsers give camera and microphone to HTTPS only. Set tls to pem or local, or listen on loopback", c.Listen)})
	}
	if c.TLS != "pem" {
		for key, value := range map[string]string{"tls_cert": c.TLSCert, "tls_key": c.TLSKey} {
			if value != "" {
				faults = append(faults, Fault{Key: key, Problem: "is set, but tls is " + c.TLS})
			}
		}
		return faults
	}
	if c.TLSCert == "" || c.TLSKey == "" {
		return append(faults, Fault{Key: "tls", Problem: "is pem: tls_cert and tls_key must name files"})
	}
	if _, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey); err != nil {
		faults = append(faults, Fault{Key: "tls_cert", Problem: fmt.Sprintf("certificate and key cannot be used: %v", err)})
	}
	return faults
}

func (c *Config) checkRedis() Faults {
	var faults Faults
	r := c.Redis
	external := len(r.Addresses) > 0
	for key, set := range map[string]bool{
		"redis.username": r.Username != "", "redis.password": r.Password != "", "redis.sentinel": r.Sentinel != "", "redis.cluster": r.Cluster,
		"redis.db": r.DB != 0, "redis.tls": r.TLS, "redis.ca": r.CA != "",
	} {
		if set && !external {
			faults = append(faults, Fault{Key: key, Problem: "is set, but redis.addresses is empty"})
		}
	}
	if r.Cluster && r.Sentinel != "" {
		faults = append(faults, Fault{Key: "redis.cluster", Problem: "a Cluster has no Sentinels: set redis.cluster or redis.sentinel"})
	}
	if r.Cluster && r.DB != 0 {
		faults = append(faults, Fault{Key: "redis.db", Problem: "a Cluster has one database: leave it out"})
	}
	if len(r.Addresses) > 1 && !r.Cluster && r.Sentinel == "" {
		faults = append(faults, Fault{Key: "redis.addresses", Problem: "several addresses need redis.cluster or redis.sentinel"})
	}
	if _, err := r.TLSConfig(); err != nil {
		faults = append(faults, Fault{Key: "redis.ca", Problem: err.Error()})
	}
	return faults
}

// TLSConfig is how to connect to the external Redis; nil is plain TCP.
func (r *Redis) TLSConfig() (*tls.Config, error) {
	if !r.TLS {
		if r.CA != "" {
			return nil, fmt.Errorf("is set, but redis.tls is false")
		}
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if r.CA == "" {
		return c, nil
	}
	pem, err := os.ReadFile(r.CA)
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%q holds no certificate", r.CA)
	}
	return c, nil
}

// Advertised are the addresses that browsers are told beside the local ones.
func (m *Media) Advertised() ([]netip.Addr, error) {
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("addresses of this machine: %w", err)
	}
	var local []netip.Addr
	for _, i := range interfaces {
		if n, err := netip.ParsePrefix(i.String()); err == nil {
			local = append(local, n.Addr())
		}
	}
	var all []netip.Addr
	for _, n := range m.Advertise {
		in, err := n.Addresses(local)
		if err != nil {
			return nil, err
		}
		all = append(all, in...)
	}
	return all, nil
}

// OwnOrigins are the origins that browsers may come from: those that are configured, or the one that listen makes.
func (c *Config) OwnOrigins() []string {
	var all []string
	for _, o := range c.Origins {
		all = append(all, string(o))
	}
	if len(all) > 0 {
		return all
	}
	scheme, host := "http", c.Listen.Host()
	if c.TLS != "off" {
		scheme = "https"
	}
	if c.Listen.Everywhere() {
		host = "localhost"
	}
	all = []string{originOf(scheme, host, c.Listen.Port())}
	if c.Listen.Loopback() && host != "localhost" {
		all = append(all, originOf(scheme, "localhost", c.Listen.Port()))
	}
	return all
}
