// Package config holds the server's configuration: one struct, whose tags say everything there is to know about each
// key. Flags, environment variables, the YAML file, the checks' messages and the documented example come from it.
package config

import (
	"time"
)

// Config is the whole configuration. The first of flag, environment variable, file and default that sets a key wins.
//
// Tags: default, help (one sentence), form (what a value looks like, for messages and the example), choice (the only
// values that are allowed), group (help only). A key of the YAML file is the flag's name with underscores; the
// environment variable is DIEMCAU_ and the key in capitals with underscores for its points.
type Config struct {
	Listen      Address       `default:"127.0.0.1:8080" form:"host:port, such as 127.0.0.1:8080 or :8443" help:"Address of the web server. Other than loopback it needs tls."`
	Data        string        `default:"./data" form:"a directory" help:"Directory of everything that is kept. Made when missing."`
	AdminToken  Token         `form:"at least 16 characters, 8 of them different" help:"Bearer token of the administrator for the REST API. Without one, the first start makes one and keeps it in the file admin-token of the data directory."`
	AdminListen Address       `form:"host:port, such as 127.0.0.1:9090" help:"Separate address of /metrics and /debug/pprof/, without authentication. Off when empty."`
	Origins     []Origin      `form:"scheme://host or scheme://host:port, such as https://hop.minhgiang.example" help:"Addresses under which browsers open the web page; others are refused. The first is used in links. When empty: the address under which the browser reached the server."`
	TLS         string        `name:"tls" default:"off" choice:"off, pem, local" form:"off, pem or local" help:"off: plain HTTP, on loopback only. pem: tls_cert and tls_key. local: a certificate authority of the server's own, whose root is offered at /ca."`
	TLSCert     string        `name:"tls-cert" form:"a PEM file" help:"Certificate chain for tls: pem. Read again when it changes."`
	TLSKey      string        `name:"tls-key" form:"a PEM file" help:"Private key for tls: pem."`
	StopTimeout time.Duration `default:"10s" form:"a duration, such as 10s" help:"How long a stop may take before what is left is cut."`
	Demo        bool          `default:"false" form:"true or false" help:"Load the demo data of a fictional province at start."`

	Organisation Organisation `embed:"" prefix:"organisation."`
	Media        Media        `embed:"" prefix:"media."`
	TURN         TURN         `embed:"" prefix:"turn."`
	Redis        Redis        `embed:"" prefix:"redis."`
	OIDC         OIDC         `embed:"" prefix:"oidc."`
	Calendar     Calendar     `embed:"" prefix:"calendar."`
	Papers       Papers       `embed:"" prefix:"papers."`
	Log          Log          `embed:"" prefix:"log."`
}

// Organisation says whose server it is, and whom its people ask.
type Organisation struct {
	Name    Line `form:"a line of at most 120 characters, such as Ủy ban nhân dân tỉnh Minh Giang" help:"Name of the organisation, which the sign-in page shows."`
	Support Line `form:"a line of at most 120 characters, such as máy lẻ 108, trong giờ hành chính" help:"Whom people ask who cannot sign in; shown on the sign-in page."`
}

// Papers configures where the papers of meetings are kept, and how much there may be of them.
type Papers struct {
	Largest     int    `default:"100" form:"a whole number of MiB from 1 to 4096" help:"Size of a file that can be uploaded."`
	Quota       int    `default:"50" form:"a whole number of GiB from 1 to 1048576" help:"Size of all papers together."`
	S3Endpoint  string `name:"s3-endpoint" form:"a URL, such as https://s3.minhgiang.example" help:"S3-compatible server that keeps the papers. When empty they are kept in the data directory."`
	S3Region    string `name:"s3-region" default:"us-east-1" form:"a name" help:"Region of the bucket, which signatures are made for."`
	S3Bucket    string `name:"s3-bucket" form:"a name" help:"Bucket of the papers. It must exist, and hold nothing else."`
	S3AccessKey string `name:"s3-access-key" form:"a name" help:"Access key of the S3 server."`
	S3SecretKey Secret `name:"s3-secret-key" form:"a secret" help:"Secret key of the S3 server."`
	S3CA        string `name:"s3-ca" form:"a PEM file" help:"Certificates that the S3 server is checked against, in place of the system's."`
}

// Media configures the media plane.
type Media struct {
	Listen    Address   `default:":7890" form:"host:port, such as :7890" help:"UDP address of all media, on one port."`
	TCP       MediaTCP  `name:"tcp" default:"same" form:"same, off, or host:port, such as :7890" help:"TCP address of media for clients that no UDP reaches. same: the address and port of listen. off: none."`
	Advertise []Network `form:"an IP address or a network in CIDR notation, such as 203.0.113.7 or 10.1.0.0/16" help:"Addresses told to browsers beside the local ones: the outer address behind a NAT."`
	Transport string    `default:"direct" choice:"direct, pion" form:"direct or pion" help:"How media is carried. direct: the server's own transport, which costs a fraction of the other. pion: Pion's, should a client not get along with it."`
	Workers   int       `default:"0" form:"a whole number from 0 to 1024" help:"Goroutines that send media. 0 is one for each processor."`
}

// TURN configures the relay for clients that reach the media port neither over UDP nor over TCP.
type TURN struct {
	Listen    OptionalAddress `default:":3478" form:"host:port, such as :3478, or off" help:"Address of the TURN server, over UDP and TCP. It relays to this server's own media port and to nothing else."`
	TLSListen OptionalAddress `name:"tls-listen" default:":5349" form:"host:port, such as :5349, or off" help:"TCP address of the TURN server over TLS, with the certificate of the web server. Not used where tls is off."`
}

// Redis says which Redis is used. Without addresses the server runs its own.
type Redis struct {
	Addresses []Address `form:"host:port, such as 10.1.0.5:6379" help:"Addresses of an external Redis: one server, the Sentinels, or seeds of a Cluster. When empty the server runs a Redis of its own in the data directory."`
	Username  string    `form:"a name" help:"User of the external Redis."`
	Password  Secret    `form:"a password" help:"Password of the external Redis."`
	Sentinel  string    `form:"a name" help:"Name of the group that the Sentinels watch. The addresses are then the Sentinels'."`
	Cluster   bool      `default:"false" form:"true or false" help:"The addresses belong to a Redis Cluster."`
	DB        int       `name:"db" default:"0" form:"a whole number from 0 to 1024" help:"Database number of the external Redis. Not with a Cluster."`
	TLS       bool      `name:"tls" default:"false" form:"true or false" help:"Connect to the external Redis with TLS."`
	CA        string    `name:"ca" form:"a PEM file" help:"Certificates that the external Redis is checked against, in place of the system's."`
	Binary    string    `default:"redis-server" form:"a program" help:"Program that the server runs as its own Redis."`
}

// OIDC configures sign-in by the organisation's own provider (OpenID Connect).
type OIDC struct {
	Issuer       string `form:"a URL, such as https://sso.minhgiang.example" help:"OpenID Connect provider that people can sign in by. Its callback is the address of this server (the first of origins) with /api/v1/oidc/callback. None when empty."`
	ClientID     string `name:"client-id" form:"a name" help:"This server's name at the provider."`
	ClientSecret Secret `name:"client-secret" form:"a secret" help:"This server's secret at the provider. None for a public client: PKCE is always used."`
	Claim        string `default:"preferred_username" form:"the name of a claim, such as preferred_username or email" help:"Claim that holds the login name of an account. It must be one that people cannot choose for themselves. email counts where the provider has verified it."`
}

// Log configures what is logged to standard error.
type Log struct {
	Level  string `default:"info" choice:"debug, info, warn, error" form:"debug, info, warn or error" help:"The least important messages that are logged."`
	Format string `default:"auto" choice:"auto, text, json" form:"auto, text or json" help:"auto is text on a terminal and JSON elsewhere."`
}
