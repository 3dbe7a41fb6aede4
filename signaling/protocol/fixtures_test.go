package protocol_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"diemcau/signaling/protocol"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	frame, err := os.ReadFile(filepath.Join("fixtures", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return frame
}

// TestFixtures holds that each message has one example, which goes through the Go types and back without a loss and
// shows every field that the message has.
func TestFixtures(t *testing.T) {
	for _, m := range protocol.Messages {
		t.Run(m.Name, func(t *testing.T) {
			frame := fixture(t, m.Name)
			envelope, err := protocol.Decode(frame)
			if err != nil {
				t.Fatal(err)
			}
			if envelope.Type != m.Name {
				t.Fatalf("type is %q", envelope.Type)
			}
			body, err := m.DecodeBody(envelope.Body)
			if err != nil {
				t.Fatal(err)
			}
			again, err := protocol.Encode(m.Name, envelope.ID, body)
			if err != nil {
				t.Fatal(err)
			}
			if want, got := generic(t, frame), generic(t, again); !reflect.DeepEqual(want, got) {
				t.Errorf("after a round trip:\n%v\nwas:\n%v", got, want)
			}
			seen := map[string]bool{}
			collect(generic(t, envelope.Body), "", seen)
			for _, path := range paths(m.Type, "") {
				if !seen[path] {
					t.Errorf("the example does not show %s", path)
				}
			}
		})
	}
}

func TestFixturesAreOfMessages(t *testing.T) {
	files, err := filepath.Glob("fixtures/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if !slices.ContainsFunc(protocol.Messages, func(m protocol.Message) bool { return m.Name == name }) {
			t.Errorf("%s is of no message", file)
		}
	}
}

// TestEnumsAreClosed holds that what a client may send is checked against the values that exist.
func TestEnumsAreClosed(t *testing.T) {
	var check func(reflect.Type)
	check = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Slice, reflect.Pointer:
			check(typ.Elem())
		case reflect.Struct:
			for i := range typ.NumField() {
				check(typ.Field(i).Type)
			}
		case reflect.String:
			if typ.PkgPath() == "" {
				return
			}
			if _, ok := reflect.Zero(typ).Interface().(interface{ Valid() bool }); !ok {
				t.Errorf("%s has no Valid", typ)
			}
		}
	}
	src := readSource(t)
	for _, m := range protocol.Messages {
		if m.Direction == protocol.ToServer {
			check(m.Type)
		}
	}
	for _, c := range src.values("Source") {
		if !protocol.Source(c.text()).Valid() {
			t.Errorf("%s is not valid", c.name)
		}
	}
	for _, c := range src.values("Show") {
		if !protocol.Show(c.text()).Valid() {
			t.Errorf("%s is not valid", c.name)
		}
	}
}

func generic(t *testing.T, raw []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// collect notes the path of every member of a JSON value; items of arrays share the path of their array.
func collect(v any, path string, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			into[path+"."+name] = true
			collect(member, path+"."+name, into)
		}
	case []any:
		for _, item := range v {
			collect(item, path, into)
		}
	}
}

func paths(t reflect.Type, path string) []string {
	switch t.Kind() {
	case reflect.Slice, reflect.Pointer:
		return paths(t.Elem(), path)
	case reflect.Struct:
		var all []string
		for _, f := range jsonFields(t) {
			all = append(all, path+"."+f.name)
			all = append(all, paths(f.Type, path+"."+f.name)...)
		}
		return all
	}
	return nil
}
