package strictjson_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/strictjson"
)

func TestReader(t *testing.T) {
	r := strictjson.NewReader(" { \"a\" : [ 1 , \"x\\n\" , true ] , \"b\" : { \"c\" : null } , \"d\" : [ ] , \"e\\u0031\" : -2 } ")
	require.Equal(t, strictjson.Object, r.Kind())
	for range r.Elements() {
		t.Fatal("element of an object")
	}
	_, ok := r.Text()
	require.False(t, ok, "nothing but a string has a text")
	var seen []string
	for name := range r.Members() {
		seen = append(seen, name, r.Kind().String())
		for range r.Members() {
			seen = append(seen, "member")
		}
		for i := range r.Elements() {
			seen = append(seen, string(rune('0'+i)))
			switch s, ok := r.Text(); {
			case ok:
				seen = append(seen, s)
			case i == 0:
				seen = append(seen, r.Value().Raw())
			}
		}
	}
	require.NoError(t, r.End())
	require.Equal(t, []string{"a", "array", "0", "1", "1", "x\n", "2", "b", "object", "member", "d", "array", "e1", "number"}, seen)
	require.Zero(t, r.Kind())
}

// Whatever is done with a Reader, End accepts nothing but a document that was
// read from its start to its end.
func TestReaderUnread(t *testing.T) {
	for name, read := range map[string]func(*strictjson.Reader){
		"nothing":           func(*strictjson.Reader) {},
		"only looked at":    func(r *strictjson.Reader) { r.Kind(); r.Text(); elements(r) },
		"left at a member":  func(r *strictjson.Reader) { leave(r) },
		"left, then read":   func(r *strictjson.Reader) { leave(r); r.Value(); r.Value() },
		"left after a read": func(r *strictjson.Reader) { leaveRead(r) },
		"left within, the rest passes for members": func(r *strictjson.Reader) {
			for range r.Members() {
				leaveRead(r)
			}
		},
		"two values for one": func(r *strictjson.Reader) {
			for range r.Members() {
				r.Value()
				r.Value()
			}
		},
		"a value more": func(r *strictjson.Reader) { r.Value(); r.Value() },
	} {
		r := strictjson.NewReader(`{"a":{"b":1,"c":2},"d":3}`)
		read(&r)
		err := r.End()
		var syntax *strictjson.SyntaxError
		require.ErrorAs(t, err, &syntax, name)
		require.Equal(t, err, r.End(), name)
		require.Zero(t, r.Value(), name)
	}
	for _, text := range []string{"", " "} {
		r := strictjson.NewReader(text)
		require.Error(t, r.End(), "%q", text)
	}
	require.Error(t, new(strictjson.Reader).End())
}

func elements(r *strictjson.Reader) {
	for range r.Elements() {
	}
}

func leave(r *strictjson.Reader) {
	for range r.Members() {
		break
	}
}

func leaveRead(r *strictjson.Reader) {
	for range r.Members() {
		r.Value()
		break
	}
}

// A loop that is left early ends the reading there and then.
func TestReaderLeft(t *testing.T) {
	for _, doc := range []string{`{"a":1}`, `[1]`} {
		r := strictjson.NewReader(doc)
		leave(&r)
		for range r.Elements() {
			break
		}
		require.Zero(t, r.Value())
		require.ErrorContains(t, r.End(), "not read to its end")
	}
}

// After a refusal nothing more comes out.
func TestReaderRefused(t *testing.T) {
	r := strictjson.NewReader(`[{"a":1,"a":2},"x",{"b":3}]`)
	var seen []string
	for range r.Elements() {
		for name := range r.Members() {
			seen = append(seen, name)
		}
		s, ok := r.Text()
		require.False(t, ok)
		require.Empty(t, s)
		require.Zero(t, r.Value())
	}
	require.Equal(t, []string{"a"}, seen)
	require.EqualError(t, r.End(), "strictjson: offset 8: duplicate name")
	_, err := strictjson.Parse([]byte(`[{"a":1,"a":2},"x",{"b":3}]`))
	require.Equal(t, err, r.End())

	r = strictjson.NewReader(`"\x"`)
	s, ok := r.Text()
	require.False(t, ok)
	require.Empty(t, s)
}

// A text is the document's own, but for escapes.
func TestTextsDoNotAllocate(t *testing.T) {
	if raceEnabled {
		return
	}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		r := strictjson.NewReader(payload)
		for range r.Members() {
			r.Text()
			for range r.Elements() {
				for range r.Members() {
					r.Text()
				}
			}
		}
		if r.End() != nil {
			panic("refused")
		}
	}))
}
