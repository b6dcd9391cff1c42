package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// mutant is one change that can be switched on.
type mutant struct {
	id     int
	target target
	name   string // file, function, change and source text: what equivalent.txt names
	line   int
	killer string
}

// instrument writes the package with every mutant behind its switch to out and
// enters the files in overlay.
func instrument(t target, id int, out string, overlay map[string]string) ([]mutant, error) {
	if err := os.MkdirAll(out, 0o700); err != nil {
		return nil, err
	}
	files := t.files
	if len(files) == 0 {
		all, err := filepath.Glob(filepath.Join(t.dir, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, f := range all {
			if !strings.HasSuffix(f, "_test.go") {
				files = append(files, filepath.Base(f))
			}
		}
	}
	var mutants []mutant
	var pkg string
	seen := map[string]int{}
	for _, name := range files {
		path := filepath.Join(t.dir, name)
		src, err := os.ReadFile(path)
		if os.IsNotExist(err) && len(t.files) > 0 {
			return nil, fmt.Errorf("%s is gone: take it off the list", path)
		} else if err != nil {
			return nil, err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, src, 0)
		if err != nil {
			return nil, err
		}
		pkg = file.Name.Name
		w := &walker{src: src, base: int(file.FileStart), next: id + len(mutants)}
		w.file(file)
		for _, m := range w.found {
			full := fmt.Sprintf("%s %s %s `%s`", path, m.function, m.change, strings.Join(strings.Fields(m.text), " "))
			if seen[full]++; seen[full] > 1 {
				full += fmt.Sprintf(" #%d", seen[full])
			}
			mutants = append(mutants, mutant{id: m.id, target: t, name: full, line: fset.Position(m.pos).Line})
		}
		if err := add(overlay, path, filepath.Join(out, name), w.edited()); err != nil {
			return nil, err
		}
	}
	return mutants, add(overlay, filepath.Join(t.dir, "zz_mutant.go"), filepath.Join(out, "zz_mutant.go"), []byte("package "+pkg+`

import "os"

var mutantOn = func() (id int) {
	for _, c := range os.Getenv("STREAMTOKEN_MUTANT") {
		id = id*10 + int(c-'0')
	}
	return id
}()

func mutant(id int) bool { return mutantOn == id }
`))
}

func add(overlay map[string]string, path, replacement string, data []byte) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	overlay[abs] = replacement
	return os.WriteFile(replacement, data, 0o600)
}

type found struct {
	id                     int
	pos                    token.Pos
	function, change, text string
}

// walker collects mutants of one file, and the edits that bring them in.
type walker struct {
	src      []byte
	base     int
	next     int
	function string
	results  *ast.FieldList
	found    []found
	edits    []edit
}

// edit inserts text before at, after skipping cut bytes. Of edits at one place
// those with the lower rank come first.
type edit struct {
	at, cut, rank int
	text          string
}

func (w *walker) offset(p token.Pos) int { return int(p) - w.base }

func (w *walker) text(n ast.Node) string { return string(w.src[w.offset(n.Pos()):w.offset(n.End())]) }

func (w *walker) mutant(n ast.Node, change string) int {
	text := w.text(n)
	if len(text) > 100 {
		text = text[:100]
	}
	w.found = append(w.found, found{w.next, n.Pos(), w.function, change, text})
	w.next++
	return w.next - 1
}

// around puts before and after around a node. What is around an outer node, which
// is seen first, must stand outside of what is around an inner one.
func (w *walker) around(n ast.Node, before, after string) {
	seq := len(w.edits) + 1
	w.edits = append(w.edits,
		edit{at: w.offset(n.Pos()), rank: seq, text: before},
		edit{at: w.offset(n.End()), rank: -seq, text: after})
}

func (w *walker) edited() []byte {
	sort.SliceStable(w.edits, func(i, j int) bool {
		a, b := w.edits[i], w.edits[j]
		return a.at < b.at || a.at == b.at && a.rank < b.rank
	})
	var out []byte
	from := 0
	for _, e := range w.edits {
		out = append(out, w.src[from:e.at]...)
		out = append(out, e.text...)
		from = e.at + e.cut
	}
	return append(out, w.src[from:]...)
}

func (w *walker) file(f *ast.File) {
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		w.function = fn.Name.Name
		if fn.Name.Name == "String" || fn.Name.Name == "Error" {
			continue // texts for people
		}
		w.results = fn.Type.Results
		ast.Inspect(fn.Body, w.visit)
	}
}

func (w *walker) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncLit:
		outer := w.results
		w.results = n.Type.Results
		ast.Inspect(n.Body, w.visit)
		w.results = outer
		return false
	case *ast.IfStmt:
		w.condition(n.Cond)
	case *ast.ForStmt:
		if n.Init != nil {
			ast.Inspect(n.Init, w.visit)
		}
		if n.Cond != nil {
			w.dropped(n.Cond, "end loop")
			ast.Inspect(n.Cond, w.visit)
		}
		ast.Inspect(n.Body, w.visit)
		return false // nothing in n.Post: it would not end
	case *ast.SwitchStmt:
		w.choice(n)
	case *ast.BinaryExpr:
		w.binary(n)
	case *ast.ReturnStmt:
		w.returned(n)
	case *ast.Ident:
		switch n.Name {
		case "true":
			w.around(n, fmt.Sprintf("(!mutant(%d) && ", w.mutant(n, "say false")), ")")
		case "false":
			w.around(n, fmt.Sprintf("(mutant(%d) || ", w.mutant(n, "say true")), ")")
		}
	case *ast.BlockStmt:
		w.statements(n.List)
	case *ast.CaseClause:
		w.statements(n.Body)
	}
	return true
}

// condition may be passed over or be always true.
func (w *walker) condition(e ast.Expr) {
	drop, force := w.mutant(e, "never"), w.mutant(e, "always")
	w.around(e, "((", fmt.Sprintf(") && !mutant(%d) || mutant(%d))", drop, force))
}

func (w *walker) dropped(e ast.Expr, change string) {
	w.around(e, "((", fmt.Sprintf(") && !mutant(%d))", w.mutant(e, change)))
}

// choice drops each value of each case. A switch with a tag becomes one without.
func (w *walker) choice(n *ast.SwitchStmt) {
	tag := ""
	if n.Tag != nil {
		tag = fmt.Sprintf("mutantTag%d", w.next)
		w.edits = append(w.edits,
			edit{at: w.offset(n.Pos()), cut: len("switch"), text: "{ "},
			edit{at: w.offset(n.Tag.Pos()), rank: -1 << 20, text: "; " + tag + " := "},
			edit{at: w.offset(n.Body.Lbrace), cut: 1, text: "; switch {"},
			edit{at: w.offset(n.Body.Rbrace), rank: 1 << 20, text: "}"})
		if n.Init != nil { // the semicolon is there already
			w.edits[len(w.edits)-3].text = tag + " := "
		}
	}
	for _, s := range n.Body.List {
		for _, e := range s.(*ast.CaseClause).List {
			switch {
			case tag != "":
				w.around(e, "("+tag+" == (", fmt.Sprintf(") && !mutant(%d))", w.mutant(e, "no case")))
			default:
				w.condition(e)
			}
		}
	}
}

// binary drops either side of && and ||, and moves the bound of a comparison.
func (w *walker) binary(n *ast.BinaryExpr) {
	switch n.Op {
	case token.LAND:
		for _, e := range []ast.Expr{n.X, n.Y} {
			w.around(e, "((", fmt.Sprintf(") || mutant(%d))", w.mutant(e, "drop from and")))
		}
	case token.LOR:
		for _, e := range []ast.Expr{n.X, n.Y} {
			w.dropped(e, "drop from or")
		}
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
		other := map[token.Token]string{token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">"}[n.Op]
		id := w.mutant(n, "bound "+other)
		w.around(n, fmt.Sprintf("(mutant(%d) && (%s) %s (%s) || !mutant(%d) && ", id, w.text(n.X), other, w.text(n.Y), id), ")")
	}
}

// returned inverts what is returned as a bool.
func (w *walker) returned(n *ast.ReturnStmt) {
	if w.results == nil {
		return
	}
	var types []ast.Expr
	for _, f := range w.results.List {
		for range max(1, len(f.Names)) {
			types = append(types, f.Type)
		}
	}
	if len(types) != len(n.Results) {
		return
	}
	for i, e := range n.Results {
		id, ok := types[i].(*ast.Ident)
		if lit, literal := e.(*ast.Ident); !ok || id.Name != "bool" || literal && (lit.Name == "true" || lit.Name == "false") {
			continue
		}
		w.condition(e)
	}
}

// statements leaves out assignments and calls. Declarations stay, and steps of
// loops: without them many a loop would not end.
func (w *walker) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.AssignStmt:
			if s.Tok != token.ASSIGN {
				continue
			}
		case *ast.ExprStmt:
		default:
			continue
		}
		w.around(s, fmt.Sprintf("if !mutant(%d) { ", w.mutant(s, "leave out")), " }")
	}
}
