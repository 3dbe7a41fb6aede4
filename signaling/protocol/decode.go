package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of what a client may send.
const (
	MaxFrame      = 256 << 10 // bytes of an offer with its envelope
	MaxSmallFrame = 16 << 10  // bytes of every other message
	MaxID         = 64        // characters of an envelope's id
	maxDepth      = 16        // of nested objects and arrays
)

// Errors of a frame that is not an envelope at all.
var (
	ErrNotJSON = errors.New("protocol: frame is not a JSON envelope")
	ErrNotUTF8 = errors.New("protocol: frame is not UTF-8")
)

// FieldError says which field of an envelope or a body is missing, unknown or wrong, as a path: "slots[2].height".
type FieldError struct {
	Field  string
	Reason string
}

func (e *FieldError) Error() string { return fmt.Sprintf("protocol: field %q: %s", e.Field, e.Reason) }

// Lookup finds a message that is sent in a direction.
func Lookup(direction Direction, name string) (Message, bool) {
	for _, m := range Messages {
		if m.Direction == direction && m.Name == name {
			return m, true
		}
	}
	return Message{}, false
}

// Decode reads an envelope. It returns ErrNotUTF8, ErrNotJSON, or a FieldError with the envelope as far as it was read,
// so that the answer can carry its id.
func Decode(frame []byte) (Envelope, error) {
	if !utf8.Valid(frame) {
		return Envelope{}, ErrNotUTF8
	}
	frame, err := checkNesting(frame)
	if err != nil {
		return Envelope{}, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(frame, &members); err != nil || members == nil {
		return Envelope{}, ErrNotJSON
	}
	var e Envelope
	if raw, ok := members["id"]; ok {
		if err := decodeValue("id", raw, reflect.ValueOf(&e.ID).Elem()); err != nil {
			return e, err
		}
		if utf8.RuneCountInString(e.ID) > MaxID {
			e.ID = ""
			return e, &FieldError{"id", "too long"}
		}
	}
	return e, decodeObject("", members, reflect.ValueOf(&e).Elem())
}

// Encode makes the frame of a message. A nil body becomes an empty one.
func Encode(name, id string, body any) ([]byte, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("protocol: encode %s: %w", name, err)
	}
	return json.Marshal(Envelope{Type: name, ID: id, Body: raw})
}

// DecodeBody reads the body of a message: every field that is not optional must be there, and no other. The value has the
// type of the message. It returns a FieldError.
func (m Message) DecodeBody(raw json.RawMessage) (any, error) {
	body := reflect.New(m.Type).Elem()
	if len(raw) == 0 {
		raw = json.RawMessage("{}")
	}
	if err := decodeValue("", raw, body); err != nil {
		return nil, err
	}
	return body.Interface(), nil
}

// enum is a string type with a closed set of values.
type enum interface{ Valid() bool }

var rawMessage = reflect.TypeFor[json.RawMessage]()

// decodeValue is json.Unmarshal that forgives nothing: names are compared exactly, null is no value, and no member may be
// missing or unknown.
func decodeValue(path string, raw json.RawMessage, into reflect.Value) error {
	raw = bytes.TrimSpace(raw)
	if bytes.Equal(raw, []byte("null")) {
		return &FieldError{path, "null is not a value"}
	}
	switch {
	case into.Type() == rawMessage:
		into.SetBytes(raw)
		return nil
	case into.Kind() == reflect.Struct:
		var members map[string]json.RawMessage
		if err := json.Unmarshal(raw, &members); err != nil {
			return &FieldError{path, "not an object"}
		}
		return decodeObject(path, members, into)
	case into.Kind() == reflect.Slice:
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return &FieldError{path, "not an array"}
		}
		into.Set(reflect.MakeSlice(into.Type(), len(items), len(items)))
		for i, item := range items {
			if err := decodeValue(path+"["+strconv.Itoa(i)+"]", item, into.Index(i)); err != nil {
				return err
			}
		}
		return nil
	case into.Kind() == reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		return decodeValue(path, raw, into.Elem())
	}
	if err := json.Unmarshal(raw, into.Addr().Interface()); err != nil {
		return &FieldError{path, "not a " + into.Kind().String()}
	}
	if e, ok := into.Interface().(enum); ok && !e.Valid() {
		return &FieldError{path, "not one of the known values"}
	}
	if into.CanInt() && (into.Int() > math.MaxInt32 || into.Int() < math.MinInt32) {
		return &FieldError{path, "out of range"}
	}
	return nil
}

func decodeObject(path string, members map[string]json.RawMessage, into reflect.Value) error {
	known := make([]string, 0, into.NumField())
	for i := range into.NumField() {
		name, options, _ := strings.Cut(into.Type().Field(i).Tag.Get("json"), ",")
		known = append(known, name)
		raw, ok := members[name]
		if !ok {
			if strings.Contains(options, "omitempty") {
				continue
			}
			return &FieldError{join(path, name), "missing"}
		}
		if err := decodeValue(join(path, name), raw, into.Field(i)); err != nil {
			return err
		}
	}
	for name := range members {
		if !slices.Contains(known, name) {
			return &FieldError{join(path, cut(name)), "unknown"}
		}
	}
	return nil
}

// cut shortens a name that a client made up.
func cut(name string) string {
	if runes := []rune(name); len(runes) > MaxID {
		return string(runes[:MaxID])
	}
	return name
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// checkNesting refuses a frame that is nested too deep before a parser recurses into it. It also turns the literals that
// JavaScript has for numbers and JSON has not into null, so that the field that holds one can be named.
func checkNesting(frame []byte) ([]byte, error) {
	var repaired []byte // frame up to done, once there was something to repair
	depth, done, inString := 0, 0, false
	for i := 0; i < len(frame); i++ {
		switch c := frame[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return nil, ErrNotJSON
			}
		case c == '}' || c == ']':
			depth--
		case c == 'N' || c == 'I' || c == '-':
			if n := len(notNumber(frame[i:])); n > 0 {
				repaired = append(append(repaired, frame[done:i]...), "null"...)
				done = i + n
				i = done - 1
			}
		}
	}
	if repaired == nil {
		return frame, nil
	}
	return append(repaired, frame[done:]...), nil
}

func notNumber(s []byte) string {
	for _, literal := range [...]string{"NaN", "Infinity", "-Infinity"} {
		if bytes.HasPrefix(s, []byte(literal)) {
			return literal
		}
	}
	return ""
}
