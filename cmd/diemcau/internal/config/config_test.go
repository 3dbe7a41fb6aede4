package config

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

var update = flag.Bool("update", false, "write the example file anew")

// load reads a configuration as the commands do.
func load(t *testing.T, args, environ []string) (Config, Faults) {
	t.Helper()
	var c struct {
		Config string
		Keys   Config `embed:""`
	}
	l := NewLoader(environ)
	parser, err := kong.New(&c, l.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
	return c.Keys, l.Faults(&c.Keys)
}

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "diemcau.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestTheFirstThatSetsAKeyWins(t *testing.T) {
	file := write(t, "listen: 127.0.0.1:3\ndata: from-file\nlog:\n  level: warn\n")
	for _, c := range []struct {
		args, environ []string
		want          Address
	}{
		{nil, nil, "127.0.0.1:8080"},
		{[]string{"--config", file}, nil, "127.0.0.1:3"},
		{[]string{"--config", file}, []string{"DIEMCAU_LISTEN=127.0.0.1:2"}, "127.0.0.1:2"},
		{[]string{"--config", file, "--listen", "127.0.0.1:1"}, []string{"DIEMCAU_LISTEN=127.0.0.1:2"}, "127.0.0.1:1"},
		{nil, []string{"DIEMCAU_CONFIG=" + file}, "127.0.0.1:3"},
	} {
		got, faults := load(t, c.args, c.environ)
		if len(faults) > 0 || got.Listen != c.want {
			t.Errorf("%v %v: %v, %v; want %v", c.args, c.environ, got.Listen, faults, c.want)
		}
	}
	got, _ := load(t, []string{"--config", file}, nil)
	if got.Data != "from-file" || got.Log.Level != "warn" || got.Log.Format != "auto" {
		t.Errorf("%+v", got)
	}
}

func TestListsFromEverySource(t *testing.T) {
	file := write(t, "origins: [https://a.example, 'https://B.example:443']\n")
	want := []Origin{"https://a.example", "https://b.example"}
	for _, c := range []struct{ args, environ []string }{
		{[]string{"--config", file}, nil},
		{[]string{"--origins", "https://a.example,https://b.example"}, nil},
		{nil, []string{"DIEMCAU_ORIGINS=https://a.example, https://b.example"}},
	} {
		got, faults := load(t, c.args, c.environ)
		if len(faults) > 0 || !reflect.DeepEqual(got.Origins, want) {
			t.Errorf("%v: %v %v", c, got.Origins, faults)
		}
	}
}

func TestEveryFaultIsListedAtOnce(t *testing.T) {
	file := write(t, "listn: 127.0.0.1:1\nmedia:\n  listen: nowhere\n  workers: -1\nlog: {level: loud}\ntls: maybe\n")
	_, faults := load(t, []string{"--config", file, "--stop-timeout", "soon"}, []string{"DIEMCAU_ADMIN_TOKEN=short"})
	for _, key := range []string{"listn", "media.listen", "media.workers", "log.level", "tls", "stop_timeout", "admin_token"} {
		found := false
		for _, f := range faults {
			found = found || f.Key == key
		}
		if !found {
			t.Errorf("%s is not among the faults:\n%v", key, faults)
		}
	}
	if len(faults) != 7 {
		t.Errorf("%d faults:\n%v", len(faults), faults)
	}
	if text := faults.Error(); strings.Contains(text, "short") {
		t.Errorf("the token is shown: %s", text)
	}
}

func TestALineIsOneLine(t *testing.T) {
	for value, want := range map[string]bool{
		"Ủy ban nhân dân tỉnh Minh Giang": true, strings.Repeat("Ủ", 120): true, strings.Repeat("x", 121): false, "a\nb": false, "a\x00": false, "\xff": false,
	} {
		if _, faults := load(t, []string{"--organisation.name", value}, nil); (len(faults) == 0) != want {
			t.Errorf("%q: %v", value, faults)
		}
	}
}

func TestFaultsOfFormAndOfFitAreListedTogether(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.pem")
	_, faults := load(t, []string{"--stop-timeout", "soon", "--tls", "pem", "--tls-cert", missing, "--redis.addresses", "127.0.0.1:1",
		"--redis.cluster", "--redis.sentinel", "group", "--data", os.DevNull}, []string{"DIEMCAU_LISTN=x"})
	var keys []string
	for _, f := range faults {
		keys = append(keys, f.Key)
	}
	if want := []string{"stop_timeout", "DIEMCAU_LISTN", "data", "redis.cluster", "tls_cert", "tls_key"}; !reflect.DeepEqual(keys, want) {
		t.Errorf("faults of %v, want %v:\n%v", keys, want, faults)
	}
	// Whether TLS is needed is not known while listen is wrong.
	if _, faults := load(t, []string{"--listen", "nowhere"}, nil); len(faults) != 1 || faults[0].Key != "listen" {
		t.Errorf("want the one fault of listen:\n%v", faults)
	}
}

func TestWhatIsEmptyIsNotSetWhereThatIsAllowed(t *testing.T) {
	got, faults := load(t, []string{"--origins", "https://a.example,"}, []string{"DIEMCAU_REDIS_ADDRESSES=", "DIEMCAU_MEDIA_ADVERTISE=",
		"DIEMCAU_ADMIN_TOKEN=", "DIEMCAU_ADMIN_LISTEN=", "DIEMCAU_TLS_CERT="})
	if len(faults) > 0 || len(got.Origins) != 1 || len(got.Redis.Addresses) != 0 || len(got.Media.Advertise) != 0 {
		t.Errorf("%+v, faults:\n%v", got, faults)
	}
	for _, key := range []string{"listen", "data", "tls", "demo", "stop_timeout", "media.listen", "media.tcp", "turn.listen", "turn.tls_listen", "media.workers", "redis.binary", "log.level"} {
		name := envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
		if _, faults := load(t, nil, []string{name + "="}); len(faults) != 1 || faults[0].Key != key {
			t.Errorf("%s without a value: want one fault of %s, got %v", name, key, faults)
		}
	}
}

func TestAddressesThatMayBeOff(t *testing.T) {
	for value, want := range map[string]MediaTCP{"same": "same", "off": "", ":443": ":443"} {
		if got, faults := load(t, []string{"--media.tcp", value}, nil); len(faults) > 0 || got.Media.TCP != want {
			t.Errorf("%s: %q, %v", value, got.Media.TCP, faults)
		}
	}
	for _, value := range []string{"on", "443", "Same"} {
		if _, faults := load(t, []string{"--media.tcp", value}, nil); len(faults) != 1 || faults[0].Key != "media.tcp" {
			t.Errorf("%s: %v", value, faults)
		}
	}
}

func TestPortsThatAreWantedTwice(t *testing.T) {
	for _, c := range []struct {
		args []string
		key  string // of the one fault
	}{
		{[]string{"--listen", "127.0.0.1:7890"}, "media.tcp"},
		{[]string{"--listen", "127.0.0.1:7890", "--media.tcp", "off"}, ""},
		{[]string{"--listen", "127.0.0.1:3478"}, "turn.listen"},
		{[]string{"--listen", "127.0.0.1:3478", "--turn.listen", "off"}, ""},
		{[]string{"--turn.listen", ":7890"}, "turn.listen"},
		{[]string{"--turn.listen", ":7890", "--media.tcp", "off"}, "turn.listen"},
		{[]string{"--listen", "127.0.0.1:5349"}, ""}, // without TLS it is free
		{[]string{"--listen", "127.0.0.1:5349", "--tls", "local"}, "turn.tls_listen"},
		{[]string{"--listen", "127.0.0.1:0", "--media.listen", ":0", "--turn.listen", ":0"}, ""},
		{[]string{"--listen", "127.0.0.1:1", "--media.tcp", "127.0.0.2:1"}, ""},
	} {
		_, faults := load(t, c.args, nil)
		if (c.key == "") != (len(faults) == 0) || c.key != "" && (len(faults) != 1 || faults[0].Key != c.key) {
			t.Errorf("%v: %v", c.args, faults)
		}
	}
}

func TestTheExampleIsTrue(t *testing.T) {
	name := filepath.Join("..", "..", "..", "..", "deploy", "diemcau.example.yaml")
	if *update {
		if err := os.WriteFile(name, []byte(Example()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != Example() {
		t.Errorf("%s differs from the configuration: run go test ./cmd/diemcau/internal/config -update", name)
	}
	got, faults := load(t, []string{"--config", name}, nil)
	defaults, _ := load(t, nil, nil)
	if len(faults) > 0 || fmt.Sprint(got) != fmt.Sprint(defaults) {
		t.Errorf("the example does not load as the defaults: %v\n%+v\n%+v", faults, got, defaults)
	}
}

func TestOIDC(t *testing.T) {
	for _, c := range []struct {
		args []string
		keys string // of the faults
	}{
		{[]string{"--oidc.issuer", "https://sso.example/realm", "--oidc.client-id", "x"}, ""},
		{[]string{"--oidc.issuer", "http://127.0.0.1:9998/", "--oidc.client-id", "x"}, ""},
		{[]string{"--oidc.issuer", "http://sso.example", "--oidc.client-id", "x"}, "oidc.issuer"},
		{[]string{"--oidc.issuer", "sso.example", "--oidc.client-id", "x"}, "oidc.issuer"},
		{[]string{"--oidc.issuer", "https://u:p@sso.example", "--oidc.client-id", "x"}, "oidc.issuer"},
		{[]string{"--oidc.issuer", "https://sso.example"}, "oidc.client_id"},
		{[]string{"--oidc.client-id", "x", "--oidc.client-secret", "Canary"}, "oidc.client_id oidc.client_secret"},
		{[]string{"--papers.largest", "0", "--papers.quota", "0"}, "papers.largest papers.quota"},
		{[]string{"--papers.s3-endpoint", "https://s3.example", "--papers.s3-bucket", "b", "--papers.s3-access-key", "k", "--papers.s3-secret-key", "Canary"}, ""},
		{[]string{"--papers.s3-endpoint", "http://s3.example", "--papers.s3-bucket", "b", "--papers.s3-access-key", "k", "--papers.s3-secret-key", "Canary"}, "papers.s3_endpoint"},
		{[]string{"--papers.s3-endpoint", "https://s3.example"}, "papers.s3_access_key papers.s3_bucket papers.s3_secret_key"},
		{[]string{"--papers.s3-bucket", "b", "--papers.s3-ca", "none"}, "papers.s3_bucket papers.s3_ca"},
	} {
		_, faults := load(t, c.args, nil)
		var keys []string
		for _, f := range faults {
			keys = append(keys, f.Key)
		}
		if strings.Join(keys, " ") != c.keys || strings.Contains(faults.Error(), "Canary") {
			t.Errorf("%v: %v", c.args, faults)
		}
	}
}

func TestTheOfficesRules(t *testing.T) {
	file := write(t, `calendar:
  types:
    - urgent|90|Họp đột xuất|Urgent meeting|no_notice
    - thematic|30|Họp chuyên đề|Thematic meeting|quorum=2/3
  holding_states: [approved, issued, held]
  displace: resources
  notice_days: 5
  join_before_minutes: 30
  holidays: [2026-04-30, 2026-05-01]
  workdays: [2026-05-09]
`)
	got, faults := load(t, []string{"--config", file}, nil)
	s := got.Calendar.Settings()
	if len(faults) > 0 || len(s.Types) != 2 || !s.Types[0].NoNotice || s.Types[1].Quorum != "2/3" || len(s.Holding) != 3 || s.Displace != "resources" ||
		s.NoticeDays != 5 || s.JoinBefore != 30*time.Minute || len(s.Holidays) != 2 || s.Workdays[0] != "2026-05-09" {
		t.Errorf("%v %+v", faults, s)
	}
	usual, _ := load(t, nil, nil)
	if s := usual.Calendar.Settings(); len(s.Types) < 8 || len(s.Holding) != 5 || s.NoticeDays != 3 || s.JoinBefore != 15*time.Minute {
		t.Errorf("%+v", s)
	}
	for bad, key := range map[string]string{
		"--calendar.types=urgent|90|Họp": "calendar.types", "--calendar.types=a|x|A|A": "calendar.types", "--calendar.types=a|1|A|A": "calendar.types",
		"--calendar.types=thematic|1|A|A,thematic|2|B|B": "calendar.types", "--calendar.types=thematic|1|A|A|quorum=3/2": "calendar.types",
		"--calendar.holding-states=over": "calendar.holding_states", "--calendar.holidays=30/4/2026": "calendar.holidays", "--calendar.holidays=2026-02-31": "calendar.holidays",
		"--calendar.notice-days=-1": "calendar.notice_days", "--calendar.displace=all": "calendar.displace",
		"--calendar.join-before-minutes=241": "calendar.join_before_minutes", "--calendar.join-before-minutes=-1": "calendar.join_before_minutes",
	} {
		if _, faults := load(t, []string{bad}, nil); len(faults) != 1 || faults[0].Key != key {
			t.Errorf("%s: %v", bad, faults)
		}
	}
}
