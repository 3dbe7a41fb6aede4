package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

const envPrefix = "DIEMCAU_"

// Fault is one thing that is wrong with the configuration.
type Fault struct {
	Key     string // as in the YAML file; empty where there is none
	From    string // where the value came from; empty for what follows from several keys
	Problem string // never holds a secret
}

// String is the fault on one line.
func (f Fault) String() string {
	s := f.Problem
	if f.Key != "" {
		s = f.Key + ": " + s
	}
	if f.From != "" {
		s += " (from " + f.From + ")"
	}
	return s
}

// Faults are all that is wrong, in the order in which they were found. They are an error when there are any.
type Faults []Fault

// Error lists every fault on a line of its own.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// Loader fills a Config that is part of a kong command line, and collects what is wrong where kong would stop at the
// first fault.
type Loader struct {
	environ map[string]string
	file    map[string]setting
	faults  Faults
}

// NewLoader makes a loader for an environment in the form of os.Environ.
func NewLoader(environ []string) *Loader {
	l := &Loader{environ: map[string]string{}}
	for _, e := range environ {
		if name, value, _ := strings.Cut(e, "="); strings.HasPrefix(name, envPrefix) {
			l.environ[name] = value
		}
	}
	return l
}

// setting is a value with the place where it was set.
type setting struct {
	values []string
	from   string
}

// Options make kong fill the Config through this loader.
func (l *Loader) Options() []kong.Option {
	mapper := kong.MapperFunc(l.decode)
	options := []kong.Option{
		kong.Resolvers(l),
		kong.TypeMapper(reflect.TypeFor[bool](), boolMapper{mapper}),
		kong.ValueFormatter(describe),
	}
	for _, t := range []reflect.Type{
		reflect.TypeFor[Address](), reflect.TypeFor[[]Address](), reflect.TypeFor[OptionalAddress](), reflect.TypeFor[MediaTCP](), reflect.TypeFor[Secret](), reflect.TypeFor[Token](),
		reflect.TypeFor[[]Origin](), reflect.TypeFor[[]Network](), reflect.TypeFor[[]MeetingType](), reflect.TypeFor[[]HoldingState](), reflect.TypeFor[[]Day](), reflect.TypeFor[Line](), reflect.TypeFor[string](), reflect.TypeFor[int](),
		reflect.TypeFor[time.Duration](),
	} {
		options = append(options, kong.TypeMapper(t, mapper))
	}
	return options
}

// Validate looks for what no key takes. It implements kong.Resolver.
func (l *Loader) Validate(app *kong.Application) error {
	keys := map[string]bool{}
	variables := map[string]bool{envPrefix + "CONFIG": true}
	for _, flag := range app.Flags {
		if isKey(flag) {
			keys[keyOf(flag.Value)] = true
			variables[envOf(flag.Value)] = true
		}
	}
	for _, name := range sortedKeys(l.environ) {
		if !variables[name] {
			l.add(name, "environment", "unknown environment variable")
		}
	}
	for _, key := range sortedKeys(l.file) {
		if !keys[key] {
			l.add(key, l.file[key].from, "unknown key")
		}
	}
	return nil
}

// Resolve finds what a flag that was not given is set to by the environment or the file. It implements kong.Resolver.
func (l *Loader) Resolve(ctx *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if l.file == nil {
		l.readFile(ctx)
	}
	if !isKey(flag) {
		return nil, nil
	}
	name := envOf(flag.Value)
	if value, ok := l.environ[name]; ok {
		values := []string{value}
		if flag.IsSlice() {
			values = splitList(value)
		}
		return setting{values, name}, nil
	}
	if s, ok := l.file[keyOf(flag.Value)]; ok {
		return s, nil
	}
	return nil, nil
}

// readFile reads the file that --config or DIEMCAU_CONFIG names, once.
func (l *Loader) readFile(ctx *kong.Context) {
	l.file = map[string]setting{}
	path := l.environ[envPrefix+"CONFIG"]
	for _, flag := range ctx.Flags() {
		if given, _ := ctx.FlagValue(flag).(string); flag.Name == "config" && given != "" {
			path = given
		}
	}
	if path != "" {
		var faults Faults
		l.file, faults = readYAML(path)
		l.faults = append(l.faults, faults...)
	}
}

// decode sets a field from a flag, a setting or a default. What is wrong becomes a fault, never an error.
func (l *Loader) decode(ctx *kong.DecodeContext, target reflect.Value) error {
	token := ctx.Scan.Pop()
	if token.IsEOL() {
		return errors.New("missing value")
	}
	s, ok := token.Value.(setting)
	if !ok {
		s = setting{values: []string{fmt.Sprint(token.Value)}, from: ctx.Value.ShortSummary()}
		if target.Kind() == reflect.Slice {
			s.values = splitList(s.values[0])
		}
	}
	if !isKey(ctx.Value.Flag) { // a command's own flag: kong says what is wrong with it
		if err := parse(target, s.values[0], ""); err != nil {
			return fmt.Errorf("%q is not allowed", s.values[0])
		}
		return nil
	}
	if target.Kind() == reflect.Slice {
		for _, value := range s.values {
			element := reflect.New(target.Type().Elem()).Elem()
			if value != "" && l.set(ctx.Value, element, value, s.from) {
				target.Set(reflect.Append(target, element))
			}
		}
		return nil
	}
	if len(s.values) != 1 {
		l.add(keyOf(ctx.Value), s.from, "a list is not allowed: give "+ctx.Value.Tag.Get("form"))
		return nil
	}
	if s.values[0] != "" || ctx.Value.HasDefault { // what has no default may be empty
		l.set(ctx.Value, target, s.values[0], s.from)
	}
	return nil
}

// set sets one value and tells whether it could.
func (l *Loader) set(key *kong.Value, target reflect.Value, value, from string) bool {
	err := parse(target, value, key.Tag.Get("choice"))
	if err == nil {
		return true
	}
	shown := strconv.Quote(value)
	switch target.Interface().(type) {
	case Secret, Token:
		shown = "the value (not shown)"
	}
	why := "is not allowed"
	if !errors.Is(err, errForm) {
		why = "is " + err.Error()
	}
	l.add(keyOf(key), from, fmt.Sprintf("%s %s: give %s", shown, why, key.Tag.Get("form")))
	return false
}

func (l *Loader) add(key, from, problem string) {
	l.faults = append(l.faults, Fault{Key: key, From: from, Problem: problem})
}

// parse reads a value into a field of one of the types that Config uses.
func parse(target reflect.Value, value, choice string) error {
	if value == "" {
		return errForm
	}
	switch t := target.Addr().Interface().(type) {
	case encoding.TextUnmarshaler:
		return t.UnmarshalText([]byte(value))
	case *time.Duration:
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return errForm
		}
		*t = d
	case *bool:
		switch value {
		case "true", "false":
			*t = value == "true"
		default:
			return errForm
		}
	case *int:
		n, err := strconv.ParseUint(value, 10, 16)
		if err != nil || n > 1024 {
			return errForm
		}
		*t = int(n)
	case *string:
		if choice != "" && !slices.Contains(strings.Split(choice, ", "), value) || strings.ContainsAny(value, "\x00\n") {
			return errForm
		}
		*t = value
	default:
		return fmt.Errorf("of a type that cannot be set: %T", t)
	}
	return nil
}

// boolMapper lets a flag stand alone for true.
type boolMapper struct{ kong.MapperFunc }

func (boolMapper) IsBool() bool { return true }

func (m boolMapper) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		target.SetBool(true)
		return nil
	}
	return m.MapperFunc(ctx, target)
}

// describe is the help text of a flag.
func describe(v *kong.Value) string {
	if v.Flag == nil || !isKey(v.Flag) {
		return kong.DefaultHelpValueFormatter(v)
	}
	return v.Help + " ($" + envOf(v) + ")"
}

// isKey tells a key of the configuration from a command's own flag.
func isKey(flag *kong.Flag) bool { return flag != nil && flag.Tag.Has("form") }

// keyOf is a flag's key in the YAML file.
func keyOf(v *kong.Value) string { return strings.ReplaceAll(v.Name, "-", "_") }

// envOf is a flag's environment variable.
func envOf(v *kong.Value) string {
	return envPrefix + strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(v.Name))
}

func splitList(s string) []string {
	parts := strings.Split(s, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}
