package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Example is a YAML file with every key, what it means, its environment variable and its default, written from the struct itself.
func Example() string {
	var b strings.Builder
	b.WriteString("# Configuration of Điểm Cầu. Every key is optional; what follows are the defaults.\n" +
		"# The first that sets a key wins: flag, environment variable, this file, default.\n")
	writeKeys(&b, reflect.TypeFor[Config](), "", "")
	return b.String()
}

func writeKeys(b *strings.Builder, t reflect.Type, indent, prefix string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if _, group := f.Tag.Lookup("embed"); group {
			name := strings.TrimSuffix(f.Tag.Get("prefix"), ".")
			fmt.Fprintf(b, "\n%s%s:\n", indent, name)
			writeKeys(b, f.Type, indent+"  ", prefix+strings.ToUpper(name)+"_")
			continue
		}
		key := f.Tag.Get("name")
		if key == "" {
			key = hyphenated(f.Name)
		}
		key = strings.ReplaceAll(key, "-", "_")
		fmt.Fprintf(b, "\n%s# %s\n%s# %s, or %s%s%s in the environment.\n", indent, f.Tag.Get("help"), indent, capital(f.Tag.Get("form")), envPrefix, prefix, strings.ToUpper(key))
		value := f.Tag.Get("default")
		if value == "" || strings.HasPrefix(value, ":") {
			value = `"` + value + `"`
		}
		if f.Type.Kind() == reflect.Slice {
			value = "[]"
		}
		line := indent + key + ": " + value
		if f.Type == reflect.TypeFor[Token]() || f.Type == reflect.TypeFor[Secret]() || value == `""` {
			line = indent + "# " + key + ":"
		}
		b.WriteString(line + "\n")
	}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// hyphenated writes a field's name as kong does: AdminToken is admin-token.
func hyphenated(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('-')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
