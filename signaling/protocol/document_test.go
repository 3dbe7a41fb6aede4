package protocol_test

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"diemcau/signaling/protocol"
)

const (
	document       = "../PROTOCOL.md"
	generatedBegin = "<!-- generated from the registry: run go generate ./signaling/protocol -->\n"
	generatedEnd   = "<!-- end of what is generated -->\n"
)

// TestDocument keeps the reference part of PROTOCOL.md the same as the registry, its comments and the fixtures.
func TestDocument(t *testing.T) {
	have, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(have), generatedBegin)
	if !ok {
		t.Fatal("the beginning of the generated part is not marked")
	}
	_, after, ok := strings.Cut(rest, generatedEnd)
	if !ok {
		t.Fatal("the end of the generated part is not marked")
	}
	golden(t, document, before+generatedBegin+markdown(t, readSource(t))+generatedEnd+after)
}

func markdown(t *testing.T, src source) string {
	var b strings.Builder
	for _, part := range []struct {
		title     string
		direction protocol.Direction
	}{{"From the client", protocol.ToServer}, {"From the server", protocol.ToClient}} {
		fmt.Fprintf(&b, "\n## %s\n", part.title)
		for _, m := range protocol.Messages {
			if m.Direction != part.direction {
				continue
			}
			fmt.Fprintf(&b, "\n### `%s`\n\n%s\n", m.Name, src.types[m.Type.Name()])
			if m.Answer != "" {
				fmt.Fprintf(&b, "\nAnswered by `%s`.\n", m.Answer)
			}
			fieldTable(&b, src, m.Type)
			fmt.Fprintf(&b, "\n```json\n%s```\n", fixture(t, m.Name))
		}
	}
	b.WriteString("\n## Types\n")
	for _, typ := range sharedTypes() {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n", typ.Name(), src.types[typ.Name()])
		if typ.Kind() == reflect.Struct {
			fieldTable(&b, src, typ)
			continue
		}
		b.WriteString("\n| value | |\n|---|---|\n")
		for _, c := range src.values(typ.Name()) {
			fmt.Fprintf(&b, "| `%s` | %s |\n", c.text(), c.comment)
		}
	}
	b.WriteString("\n")
	return b.String()
}

func fieldTable(b *strings.Builder, src source, typ reflect.Type) {
	if typ.NumField() == 0 {
		return
	}
	b.WriteString("\n| field | type | |\n|---|---|---|\n")
	for _, f := range jsonFields(typ) {
		comment := src.fields[typ.Name()][f.Name]
		if f.optional {
			comment = strings.TrimSuffix("optional; "+comment, "; ")
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", f.name, tsName(f.Type), comment)
	}
}
