package protocol_test

import (
	"errors"
	"strings"
	"testing"

	"diemcau/signaling/protocol"
)

func TestDecodeRefuses(t *testing.T) {
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	for name, test := range map[string]struct {
		frame string
		want  error // or field
		field string
	}{
		"empty":              {frame: "", want: protocol.ErrNotJSON},
		"text":               {frame: "xin chào", want: protocol.ErrNotJSON},
		"cut":                {frame: `{"type":"ping"`, want: protocol.ErrNotJSON},
		"two values":         {frame: `{"type":"ping"}{}`, want: protocol.ErrNotJSON},
		"array":              {frame: `[]`, want: protocol.ErrNotJSON},
		"null":               {frame: `null`, want: protocol.ErrNotJSON},
		"deep":               {frame: deep, want: protocol.ErrNotJSON},
		"deep in body":       {frame: `{"type":"ping","body":` + deep + `}`, want: protocol.ErrNotJSON},
		"not UTF-8":          {frame: "{\"type\":\"\xff\"}", want: protocol.ErrNotUTF8},
		"no type":            {frame: `{"id":"1"}`, field: "type"},
		"other case":         {frame: `{"Type":"ping"}`, field: "type"},
		"type is a number":   {frame: `{"type":1}`, field: "type"},
		"unknown member":     {frame: `{"type":"ping","tiep":1}`, field: "tiep"},
		"long id":            {frame: `{"type":"ping","id":"` + strings.Repeat("x", 65) + `"}`, field: "id"},
		"id is null":         {frame: `{"type":"ping","id":null}`, field: "id"},
		"missing":            {frame: `{"type":"mute","body":{"muted":true}}`, field: "source"},
		"no body":            {frame: `{"type":"mute"}`, field: "source"},
		"body is an array":   {frame: `{"type":"mute","body":[]}`, field: ""},
		"unknown":            {frame: `{"type":"mute","body":{"source":"camera","muted":true,"x":0}}`, field: "x"},
		"unknown value":      {frame: `{"type":"mute","body":{"source":"kamera","muted":true}}`, field: "source"},
		"wrong type":         {frame: `{"type":"mute","body":{"source":"camera","muted":"true"}}`, field: "muted"},
		"NaN":                {frame: `{"type":"view","body":{"slots":[],"page":NaN}}`, field: "page"},
		"infinite":           {frame: `{"type":"view","body":{"slots":[],"page":-Infinity}}`, field: "page"},
		"fraction":           {frame: `{"type":"view","body":{"slots":[],"page":0.5}}`, field: "page"},
		"huge":               {frame: `{"type":"view","body":{"slots":[],"page":1e99}}`, field: "page"},
		"over 32 bits":       {frame: `{"type":"view","body":{"slots":[],"page":4294967296}}`, field: "page"},
		"in an array":        {frame: `{"type":"view","body":{"slots":[{"slot":0,"show":"programme","height":1},{"slot":1,"show":"chair"}],"page":0}}`, field: "slots[1].height"},
		"null in an array":   {frame: `{"type":"view","body":{"slots":[null],"page":0}}`, field: "slots[0]"},
		"object for a slice": {frame: `{"type":"view","body":{"slots":{},"page":0}}`, field: "slots"},
	} {
		t.Run(name, func(t *testing.T) {
			envelope, err := protocol.Decode([]byte(test.frame))
			if err == nil {
				m, ok := protocol.Lookup(protocol.ToServer, envelope.Type)
				if !ok {
					t.Fatalf("no message %q", envelope.Type)
				}
				_, err = m.DecodeBody(envelope.Body)
			}
			if test.want != nil {
				if !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
				return
			}
			var field *protocol.FieldError
			if !errors.As(err, &field) || field.Field != test.field {
				t.Errorf("got %v, want field %q", err, test.field)
			}
		})
	}
}

func TestDecodeKeepsLiteralsInStrings(t *testing.T) {
	envelope, err := protocol.Decode([]byte(`{"type":"send_chat","id":"\"NaN","body":{"text":"[NaN{\\\"-Infinity"}}`))
	if err != nil {
		t.Fatal(err)
	}
	m, _ := protocol.Lookup(protocol.ToServer, envelope.Type)
	body, err := m.DecodeBody(envelope.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text := body.(protocol.SendChat).Text; text != `[NaN{\"-Infinity` {
		t.Errorf("text is %q", text)
	}
}

func FuzzDecode(f *testing.F) {
	for _, m := range protocol.Messages {
		f.Add(fixture(f, m.Name))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		envelope, err := protocol.Decode(frame)
		if err != nil {
			return
		}
		if m, ok := protocol.Lookup(protocol.ToServer, envelope.Type); ok {
			if body, err := m.DecodeBody(envelope.Body); err == nil {
				if _, err := protocol.Encode(envelope.Type, envelope.ID, body); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
