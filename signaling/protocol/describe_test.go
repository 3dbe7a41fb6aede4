package protocol_test

import (
	"cmp"
	"go/ast"
	"go/constant"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"diemcau/signaling/protocol"
)

// source is what reflection does not tell about the package: its comments and its constants.
type source struct {
	types     map[string]string            // comment by type name
	fields    map[string]map[string]string // comment by type name and Go field name
	constants []constantValue              // in the order of the files
}

type constantValue struct {
	name, typ, comment string
	value              string // as a Go literal
}

// readSource parses the package's own files.
func readSource(t *testing.T) source {
	t.Helper()
	files := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range []string{"protocol.go", "client.go", "server.go"} {
		file, err := parser.ParseFile(files, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, file)
	}
	pkg, err := doc.NewFromFiles(files, parsed, "diemcau/signaling/protocol", doc.PreserveAST)
	if err != nil {
		t.Fatal(err)
	}
	src := source{types: map[string]string{}, fields: map[string]map[string]string{}}
	groups := slices.Clone(pkg.Consts)
	for _, typ := range pkg.Types {
		src.types[typ.Name] = oneLine(typ.Doc)
		groups = append(groups, typ.Consts...)
		if st, ok := typ.Decl.Specs[0].(*ast.TypeSpec).Type.(*ast.StructType); ok {
			src.fields[typ.Name] = fieldComments(st)
		}
	}
	slices.SortFunc(groups, func(a, b *doc.Value) int { return cmp.Compare(a.Decl.Pos(), b.Decl.Pos()) })
	for _, group := range groups {
		src.constants = append(src.constants, constants(group)...)
	}
	return src
}

func fieldComments(st *ast.StructType) map[string]string {
	comments := map[string]string{}
	for _, field := range st.Fields.List {
		for _, name := range field.Names {
			comments[name.Name] = cmp.Or(oneLine(field.Doc.Text()), oneLine(field.Comment.Text()))
		}
	}
	return comments
}

func constants(group *doc.Value) []constantValue {
	var found []constantValue
	for _, spec := range group.Decl.Specs {
		spec := spec.(*ast.ValueSpec)
		typ := ""
		if ident, ok := spec.Type.(*ast.Ident); ok {
			typ = ident.Name
		}
		comment := cmp.Or(oneLine(spec.Comment.Text()), oneLine(spec.Doc.Text()))
		if len(group.Decl.Specs) == 1 {
			comment = cmp.Or(comment, oneLine(group.Doc))
		}
		found = append(found, constantValue{
			name:    spec.Names[0].Name,
			typ:     typ,
			comment: comment,
			value:   spec.Values[0].(*ast.BasicLit).Value,
		})
	}
	return found
}

// values are the constants of one type; "" is for those without a type.
func (s source) values(typ string) []constantValue {
	var of []constantValue
	for _, c := range s.constants {
		if c.typ == typ {
			of = append(of, c)
		}
	}
	return of
}

func (c constantValue) text() string {
	literal := constant.MakeFromLiteral(c.value, token.STRING, 0)
	if literal.Kind() != constant.String {
		return c.value
	}
	return constant.StringVal(literal)
}

func oneLine(comment string) string { return strings.Join(strings.Fields(comment), " ") }

// sharedTypes are the named types that messages are made of, each after those that it uses.
func sharedTypes() []reflect.Type {
	var order []reflect.Type
	messages := map[reflect.Type]bool{}
	for _, m := range protocol.Messages {
		messages[m.Type] = true
	}
	var visit func(reflect.Type)
	visit = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Slice, reflect.Pointer:
			visit(t.Elem())
			return
		case reflect.Struct:
			for i := range t.NumField() {
				visit(t.Field(i).Type)
			}
		}
		if t.PkgPath() != "" && !messages[t] && !slices.Contains(order, t) {
			order = append(order, t)
		}
	}
	for _, m := range protocol.Messages {
		visit(m.Type)
	}
	return order
}

// jsonField is a struct field as it is on the wire.
type jsonField struct {
	name     string
	optional bool
	reflect.StructField
}

func jsonFields(t reflect.Type) []jsonField {
	var fields []jsonField
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		fields = append(fields, jsonField{name, strings.Contains(options, "omitempty"), t.Field(i)})
	}
	return fields
}

// golden compares what was generated with the file, or writes the file with -update.
func golden(t *testing.T, path, generated string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(generated), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != generated {
		t.Errorf("%s is not what the registry says: run go generate ./signaling/protocol", path)
	}
}
