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

func leaveElements(r *strictjson.Reader) {
	for range r.Elements() {
		break
	}
}

func leaveRead(r *strictjson.Reader) {
	for range r.Members() {
		r.Value()
		break
	}
}

// Who reads twice where one value may stand gets one, and text that is not JSON
// does not become a document by it.
func TestReaderTwice(t *testing.T) {
	for _, doc := range []string{`{"a":"x""y"}`, `{"a":{}[1]}`, `{"a":1"y"}`, `{"a":[1]{"b":2}}`, `{"a":1 }`} {
		reads := 0
		r := strictjson.NewReader(doc)
		for range r.Members() {
			for range 2 {
				if _, ok := r.Text(); ok {
					reads++
				}
				reads += count(&r)
				for range r.Members() {
					reads++
				}
			}
		}
		require.LessOrEqual(t, reads, 1, doc)
		require.Equal(t, doc != `{"a":1 }`, r.End() != nil, doc)
	}
	for _, doc := range []string{`{"a":"x""y"}`, `{"a":1"y"}`, `{"a":{}[1]}`} {
		r := strictjson.NewReader(doc)
		for range r.Members() {
			require.NotZero(t, r.Value(), doc)
			require.Zero(t, r.Value(), doc)
		}
		require.Error(t, r.End(), doc)
	}
	r := strictjson.NewReader(`[1"y",2]`)
	for i := range r.Elements() {
		require.Zero(t, i, "no element after a refusal")
		require.NotZero(t, r.Value())
		require.Zero(t, r.Value())
	}
	for _, doc := range []string{`1"x"`, `"x""y"`, `{}[]`} {
		r := strictjson.NewReader(doc)
		require.NotZero(t, r.Value(), doc)
		require.Zero(t, r.Value(), doc)
		require.Error(t, r.End(), doc)
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

// Once a loop was left, or the end asked for too early, nothing more comes out,
// whatever stands there.
func TestReaderNoMore(t *testing.T) {
	for name, c := range map[string]struct {
		doc  string
		read func(*strictjson.Reader) (after int)
	}{
		"left at a member":   {`{"a":[1,2]}`, func(r *strictjson.Reader) int { leave(r); return count(r) }},
		"left at an element": {`[[1,2]]`, func(r *strictjson.Reader) int { leaveElements(r); return count(r) }},
		"left within a loop": {`[[1,,2],3,4]`, func(r *strictjson.Reader) int { return countLeaving(r, 1) - 1 }},
		"asked too early":    {`[1,2]`, func(r *strictjson.Reader) int { require.Error(t, r.End()); return count(r) }},
		"asked before the text that is missing": {`{"a":1`, func(r *strictjson.Reader) (n int) {
			for range r.Members() {
				r.Value()
				require.ErrorContains(t, r.End(), "not read to its end")
			}
			return 0
		}},
		"asked within a loop": {`[[1,2]]`, func(r *strictjson.Reader) (n int) {
			for range r.Elements() {
				require.Error(t, r.End())
				n = count(r)
			}
			return n
		}},
	} {
		r := strictjson.NewReader(c.doc)
		require.Zero(t, c.read(&r), name)
		require.Zero(t, r.Kind(), name)
		require.Error(t, r.End(), name)
	}
}

// count gives how many elements come out.
func count(r *strictjson.Reader) (n int) {
	for range r.Elements() {
		n++
	}
	return n
}

// countLeaving is count, and each element is entered and left at its own at.
func countLeaving(r *strictjson.Reader, at int) (n int) {
	for range r.Elements() {
		n++
		for i := range r.Elements() {
			if i == at {
				break
			}
		}
	}
	return n
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
