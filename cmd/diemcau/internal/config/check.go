package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Faults gives everything that is wrong: what no key takes, what has the wrong form, and what does not fit together.
func (l *Loader) Faults(c *Config) Faults {
	wrong := map[string]bool{}
	for _, f := range l.faults {
		wrong[f.Key] = true
	}
	found := slices.Concat(c.checkTLS(), c.checkRedis(), c.checkData(), c.checkPorts(), c.checkOIDC(), c.checkCalendar(), c.checkPapers())
	if _, err := c.Media.Advertised(); err != nil {
		found = append(found, Fault{Key: "media.advertise", Problem: err.Error()})
	}
	// What is missing because it was wrong is not reported twice, and nothing is said of how a wrong key fits the others.
	found = slices.DeleteFunc(found, func(f Fault) bool {
		section, _, _ := strings.Cut(f.Key, ".")
		return wrong[f.Key] ||
			strings.HasPrefix(f.Key, "tls") && (wrong["tls"] || wrong["listen"]) ||
			section == "redis" && wrong["redis.addresses"]
	})
	slices.SortStableFunc(found, func(a, b Fault) int { return strings.Compare(a.Key, b.Key) })
	return slices.Concat(l.faults, found)
}

// checkPorts looks for keys that want the same port.
func (c *Config) checkPorts() Faults {
	tcp := []struct {
		key     string
		address Address
	}{{"listen", c.Listen}, {"admin_listen", c.AdminListen}, {"media.tcp", Address(c.Media.TCP)}, {"turn.listen", Address(c.TURN.Listen)}}
	if c.Media.TCP == sameAsUDP {
		tcp[2].address = c.Media.Listen
	}
	if c.TLS != "off" {
		tcp = append(tcp, struct {
			key     string
			address Address
		}{"turn.tls_listen", Address(c.TURN.TLSListen)})
	}
	var faults Faults
	for i, a := range tcp {
		for _, b := range tcp[:i] {
			if a.address.overlaps(b.address) {
				faults = append(faults, Fault{Key: a.key, Problem: fmt.Sprintf("%s is the TCP port of %s too: give another one", a.address, b.key)})
			}
		}
	}
	if c.Media.TCP != sameAsUDP && Address(c.TURN.Listen).overlaps(c.Media.Listen) {
		faults = append(faults, Fault{Key: "turn.listen", Problem: fmt.Sprintf("%s is the UDP port of media.listen too: give another one", c.TURN.Listen)})
	}
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
	for _, file := range []struct{ key, name string }{{"tls_cert", c.TLSCert}, {"tls_key", c.TLSKey}} {
		if file.name == "" {
			faults = append(faults, Fault{Key: file.key, Problem: "is needed, for tls is pem: give a PEM file"})
		} else if _, err := os.ReadFile(file.name); err != nil {
			faults = append(faults, Fault{Key: file.key, Problem: fmt.Sprintf("the file cannot be read: %v", err)})
		}
	}
	if len(faults) > 0 {
		return faults
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
	if _, err := exec.LookPath(r.Binary); err != nil && !external {
		faults = append(faults, Fault{Key: "redis.binary", Problem: fmt.Sprintf("%q cannot be run: install redis-server, or set redis.addresses", r.Binary)})
	}
	if _, err := r.TLSConfig(); err != nil {
		faults = append(faults, Fault{Key: "redis.ca", Problem: err.Error()})
	}
	return faults
}

// checkOIDC wants a provider that nobody between can play.
func (c *Config) checkOIDC() Faults {
	o := c.OIDC
	if o.Issuer == "" {
		var faults Faults
		for key, set := range map[string]bool{"oidc.client_id": o.ClientID != "", "oidc.client_secret": o.ClientSecret != ""} {
			if set {
				faults = append(faults, Fault{Key: key, Problem: "is set, but oidc.issuer is empty"})
			}
		}
		return faults
	}
	var faults Faults
	u, err := url.Parse(o.Issuer)
	if err != nil || !secure(u) {
		faults = append(faults, Fault{Key: "oidc.issuer", Problem: fmt.Sprintf("%q is not allowed: give a URL with https, such as https://sso.minhgiang.example", o.Issuer)})
	}
	if o.ClientID == "" {
		faults = append(faults, Fault{Key: "oidc.client_id", Problem: "is needed, for oidc.issuer is set"})
	}
	return faults
}

// secure tells whether a URL leads to a server over a connection that nobody between can read, and names nothing but the server.
func secure(u *url.URL) bool {
	return u.Host != "" && u.RawQuery == "" && u.Fragment == "" && u.User == nil &&
		(u.Scheme == "https" || u.Scheme == "http" && Address(net.JoinHostPort(u.Hostname(), "0")).Loopback())
}

// checkPapers wants a bucket to be named in full, or none.
func (c *Config) checkPapers() Faults {
	var faults Faults
	p := c.Papers
	for _, n := range []struct {
		key         string
		value, most int
	}{{"papers.largest", p.Largest, 4096}, {"papers.quota", p.Quota, 1 << 20}} {
		if n.value < 1 || n.value > n.most {
			faults = append(faults, Fault{Key: n.key, Problem: fmt.Sprintf("%d is not from 1 to %d", n.value, n.most)})
		}
	}
	for _, s := range []struct {
		key      string
		set      bool
		optional bool
	}{
		{"papers.s3_bucket", p.S3Bucket != "", false}, {"papers.s3_access_key", p.S3AccessKey != "", false}, {"papers.s3_secret_key", p.S3SecretKey != "", false},
		{"papers.s3_ca", p.S3CA != "", true},
	} {
		switch {
		case s.set && p.S3Endpoint == "":
			faults = append(faults, Fault{Key: s.key, Problem: "is set, but papers.s3_endpoint is empty"})
		case !s.set && !s.optional && p.S3Endpoint != "":
			faults = append(faults, Fault{Key: s.key, Problem: "is needed, for papers.s3_endpoint is set"})
		}
	}
	if p.S3Endpoint == "" {
		return faults
	}
	if u, err := url.Parse(p.S3Endpoint); err != nil || !secure(u) || strings.Trim(u.Path, "/") != "" {
		faults = append(faults, Fault{Key: "papers.s3_endpoint", Problem: fmt.Sprintf("%q is not allowed: give a URL with https and no path, such as https://s3.minhgiang.example", p.S3Endpoint)})
	}
	if _, err := p.TLSConfig(); err != nil {
		faults = append(faults, Fault{Key: "papers.s3_ca", Problem: err.Error()})
	}
	return faults
}

// TLSConfig is how to connect to the S3 server.
func (p *Papers) TLSConfig() (*tls.Config, error) { return trusting(p.S3CA) }

// checkData looks whether the data directory can be written to, or made.
func (c *Config) checkData() Faults {
	dir, err := filepath.Abs(c.Data)
	if err != nil {
		return Faults{{Key: "data", Problem: fmt.Sprintf("%q cannot be used: %v", c.Data, err)}}
	}
	info, err := os.Stat(dir)
	for errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
		info, err = os.Stat(dir)
	}
	switch {
	case err != nil:
	case !info.IsDir():
		err = fmt.Errorf("%q is not a directory", dir)
	default:
		if err = unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
			err = fmt.Errorf("%q cannot be written to: %w", dir, err)
		}
	}
	if err != nil {
		return Faults{{Key: "data", Problem: fmt.Sprintf("%q cannot be used: %v", c.Data, err)}}
	}
	return nil
}

// TLSConfig is how to connect to the external Redis; nil is plain TCP.
func (r *Redis) TLSConfig() (*tls.Config, error) {
	if !r.TLS {
		if r.CA != "" {
			return nil, fmt.Errorf("is set, but redis.tls is false")
		}
		return nil, nil
	}
	return trusting(r.CA)
}

// trusting checks servers against the certificates of a file; against the system's without one.
func trusting(file string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if file == "" {
		return c, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%q holds no certificate", file)
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

// ConfiguredOrigins are the only origins that browsers may come from; empty where none are configured.
func (c *Config) ConfiguredOrigins() []string {
	var all []string
	for _, o := range c.Origins {
		all = append(all, string(o))
	}
	return all
}

// Origin is the address that links begin with: the first of the origins, or the one that listen makes.
func (c *Config) Origin() string {
	if len(c.Origins) > 0 {
		return string(c.Origins[0])
	}
	scheme, host := "http", c.Listen.Host()
	if c.TLS != "off" {
		scheme = "https"
	}
	if c.Listen.Everywhere() {
		host = "localhost"
	}
	return originOf(scheme, host, c.Listen.Port())
}
