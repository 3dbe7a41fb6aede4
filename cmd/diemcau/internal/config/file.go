package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"

	"gopkg.in/yaml.v3"
)

// readYAML reads a file into settings by dotted key.
func readYAML(path string) (map[string]setting, Faults) {
	text, err := os.ReadFile(path)
	if err != nil {
		return map[string]setting{}, Faults{{Key: "config", Problem: fmt.Sprintf("the file cannot be read: %v", err)}}
	}
	f := yamlFile{path: path, settings: map[string]setting{}}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF): // empty, or nothing but comments
		return f.settings, nil
	case err != nil:
		f.fault("", 0, fmt.Sprintf("not a YAML file: %v", err))
		return f.settings, f.faults
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		f.fault("", 0, "more than one YAML document")
	}
	f.mapping("", document.Content[0])
	return f.settings, f.faults
}

type yamlFile struct {
	path     string
	settings map[string]setting
	faults   Faults
}

func (f *yamlFile) mapping(prefix string, node *yaml.Node) {
	if node.Kind != yaml.MappingNode {
		f.fault("", node.Line, "must hold keys with values, such as listen: 127.0.0.1:8080")
		return
	}
	for pair := range slices.Chunk(node.Content, 2) {
		key := prefix + pair[0].Value
		if _, twice := f.settings[key]; twice {
			f.fault(key, pair[0].Line, "is set twice")
			continue
		}
		f.value(key, pair[1])
	}
}

// isSection says whether a key holds keys of its own.
func isSection(key string) bool {
	for field := range reflect.TypeFor[Config]().Fields() {
		if field.Tag.Get("prefix") == key+"." {
			return true
		}
	}
	return false
}

func (f *yamlFile) value(key string, node *yaml.Node) {
	s := setting{from: f.at(node.Line)}
	switch {
	case node.Kind == yaml.MappingNode:
		f.mapping(key+".", node)
		return
	case node.Kind == yaml.ScalarNode && node.Tag == "!!null" && isSection(key):
		return // all its keys are commented out
	case node.Kind == yaml.ScalarNode && node.Tag == "!!null":
		f.fault(key, node.Line, `has no value: give one, or "" for none`)
		return
	case node.Kind == yaml.ScalarNode:
		s.values = []string{node.Value}
	case node.Kind == yaml.SequenceNode:
		for _, element := range node.Content {
			if element.Kind != yaml.ScalarNode {
				f.fault(key, element.Line, "a list may hold plain values only")
				return
			}
			s.values = append(s.values, element.Value)
		}
	default: // an alias
		f.fault(key, node.Line, "aliases are not allowed")
		return
	}
	f.settings[key] = s
}

func (f *yamlFile) fault(key string, line int, problem string) {
	f.faults = append(f.faults, Fault{Key: key, From: f.at(line), Problem: problem})
}

func (f *yamlFile) at(line int) string {
	if line == 0 {
		return f.path
	}
	return fmt.Sprintf("%s:%d", f.path, line)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
