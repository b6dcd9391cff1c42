package gate_test

import (
	"encoding/json"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/verifier"
)

const vectors = "../testdata/vectors"

// vectorCounts is how many vectors each file holds: a file that is lost, or a
// case that is, must not go by unseen.
var vectorCounts = map[string]int{
	"claims.json": 260, "cloudflare.json": 21, "form.json": 105, "header.json": 144, "key.json": 18, "order.json": 29,
	"resource.json": 14, "revocation.json": 26, "rules.json": 85, "signature.json": 60, "time.json": 41, "request.json": 204,
}

// notInVectors are the reasons that no vector can cause, each with why.
var notInVectors = map[streamtoken.Reason]string{
	streamtoken.ReasonOperationNotAllowed: "belongs to another kind of credential",
	streamtoken.ReasonVerifierBusy:        "depends on load",
}

type tokenVector struct {
	Name                string
	Comment             string
	Token               *string
	Now                 int64
	Leeway              int64
	Keys                []string
	Faults              []string
	RefuseUnknownClaims bool
	Revocations         []struct {
		KeyID   string
		Subject string
		Digest  string
		Until   int64
	}
	Viewer   struct{ IP, Country string }
	Resource gate.Resource
	Expect   string
	Claims   string
	Rule     *int
}

// readVectors reads one file into V and refuses members that V does not have.
func readVectors[V any](t *testing.T, name string) (kind string, list []V) {
	t.Helper()
	f, err := os.Open(filepath.Join(vectors, name))
	require.NoError(t, err)
	defer f.Close()
	var file struct {
		About, Kind string
		Vectors     []V
	}
	dec := json.NewDecoder(f)
	dec.DisallowUnknownFields()
	require.NoError(t, dec.Decode(&file), name)
	return file.Kind, file.Vectors
}

// TestVectorFiles: every file is known and complete, names are unique, every
// reason is expected at least three times, and the generator still makes
// exactly these files.
func TestVectorFiles(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(vectors, "*.json"))
	require.NoError(t, err)
	total, names, expected := 0, map[string]string{}, map[string]int{}
	for _, path := range paths {
		name := filepath.Base(path)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		var file struct {
			Vectors []struct{ Name, Expect string }
		}
		require.NoError(t, json.Unmarshal(data, &file))
		require.Len(t, file.Vectors, vectorCounts[name], name)
		for _, v := range file.Vectors {
			require.NotContains(t, names, v.Name, name)
			names[v.Name] = name
			expected[v.Expect]++
		}
		total += len(file.Vectors)
	}
	require.Len(t, paths, len(vectorCounts))
	require.GreaterOrEqual(t, total, 1000)
	for _, r := range streamtoken.Reasons() {
		if _, left := notInVectors[r]; left {
			require.Zero(t, expected[string(r)], r)
		} else {
			require.GreaterOrEqual(t, expected[string(r)], 3, r)
		}
		delete(expected, string(r))
	}
	require.Positive(t, expected["allow"])
	delete(expected, "allow")
	delete(expected, "preflight")
	require.Empty(t, expected, "an answer that there is not")

	gen := exec.Command("go", "run", "./testdata/vectors/gen", "-check")
	gen.Dir = ".."
	out, err := gen.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func TestTokenVectors(t *testing.T) {
	seen := 0
	for name := range vectorCounts {
		if name == "request.json" {
			continue // package middleware's
		}
		kind, list := readVectors[tokenVector](t, name)
		require.Equal(t, "token", kind)
		for _, v := range list {
			seen++
			t.Run(v.Name, func(t *testing.T) { runTokenVector(t, v) })
		}
	}
	require.Greater(t, seen, 700)
}

func runTokenVector(t *testing.T, v tokenVector) {
	require.NotNil(t, v.Token)
	g := vectorGate(t, v)
	r := gate.Request{Token: *v.Token, Resource: v.Resource, Viewer: accessrules.Viewer{Country: accessrules.ParseCountry(v.Viewer.Country)}}
	if v.Viewer.IP != "" {
		addr, err := netip.ParseAddr(v.Viewer.IP)
		require.NoError(t, err)
		r.Viewer.Addr = addr
	}
	for range 2 { // the second time as the first
		d := g.Decide(t.Context(), r)
		got := string(d.Reason)
		if d.Allowed {
			got = "allow"
		}
		require.Equal(t, v.Expect, got, d.Detail)
		require.Equal(t, d.Allowed, d.Reason == "")
		require.Equal(t, d.Allowed, d.Token != nil)
		if v.Rule != nil {
			require.Equal(t, *v.Rule, d.Rule)
		}

		e := g.Explain(t.Context(), r)
		d.Token, e.Decision.Token = nil, nil
		require.Equal(t, d, e.Decision, "an explanation decides as a decision does")
		if v.Claims != "" {
			require.NotNil(t, e.Claims)
			require.Equal(t, v.Claims, string(e.Claims.AppendJSON(nil)))
		}

		// What came with a bad signature, or before it, is told to nobody.
		if slices.Contains([]streamtoken.Reason{
			streamtoken.ReasonTokenMalformed, streamtoken.ReasonTokenTooLarge, streamtoken.ReasonHeaderInvalid, streamtoken.ReasonAlgNotAllowed,
			streamtoken.ReasonKeyUnknown, streamtoken.ReasonKeysUnavailable, streamtoken.ReasonSignatureInvalid,
		}, d.Reason) {
			require.Empty(t, d.KeyID+d.Subject)
		}
		if d.Reason == streamtoken.ReasonClaimsInvalid {
			require.Empty(t, d.Subject)
		}
		for part := range strings.SplitSeq(*v.Token, ".") {
			require.False(t, len(part) > 8 && strings.Contains(d.Detail, part), "the detail holds a piece of the token")
		}
	}
}

func vectorGate(t *testing.T, v tokenVector) *gate.Gate {
	cfg := verifier.Config{
		Keys:                vectorKeys(t, v.Keys),
		Leeway:              time.Duration(v.Leeway) * time.Second,
		RefuseUnknownClaims: v.RefuseUnknownClaims,
		Now:                 func() time.Time { return time.Unix(v.Now, 0) },
	}
	var list []streamtoken.Revocation
	for _, r := range v.Revocations {
		entry := streamtoken.Revocation{KeyID: r.KeyID, Subject: r.Subject, Digest: r.Digest}
		if r.Until != 0 {
			entry.Until = time.Unix(r.Until, 0)
		}
		list = append(list, entry)
	}
	var err error
	cfg.Revocations, err = verifier.NewRevocations(list...)
	require.NoError(t, err)
	for _, fault := range v.Faults {
		switch fault {
		case "keys":
			cfg.Keys = noKeys{}
		case "revocations":
			cfg.Revocations = noRevocations{}
		default:
			t.Fatalf("a fault that there is not: %s", fault)
		}
	}
	ver, err := verifier.New(cfg)
	require.NoError(t, err)
	g, err := gate.New(gate.Config{Verifier: ver})
	require.NoError(t, err)
	return g
}

func vectorKeys(t *testing.T, files []string) verifier.KeySet {
	require.NotEmpty(t, files)
	var all []*verifier.Key
	for _, name := range files {
		data, err := os.ReadFile(filepath.Join("../testdata/keys", name))
		require.NoError(t, err)
		keys, warnings, err := verifier.ParseKeys(data, "")
		require.NoError(t, err)
		require.Empty(t, warnings)
		all = append(all, keys...)
	}
	set, err := verifier.NewStaticKeys(all...)
	require.NoError(t, err)
	return set
}

type noKeys struct{}

func (noKeys) Key(string) (*verifier.Key, error) { return nil, streamtoken.ReasonKeysUnavailable }

type noRevocations struct{}

func (noRevocations) Revoked(_, _, _ string, _ time.Time) (bool, error) {
	return false, streamtoken.ReasonRevocationsUnavailable
}
