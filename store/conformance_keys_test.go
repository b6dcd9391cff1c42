package store

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func testStreamKeys(t *testing.T, e engine) {
	s, ctx := fresh(t, e), t.Context()
	none, err := s.StreamKeys(ctx, alice.Account)
	require.NoError(t, err)
	require.Empty(t, none)

	for i, k := range []StreamKey{streamKey("b", at(1)), streamKey("a", at(2)), streamKey("c", at(1))} {
		epoch, err := s.CreateStreamKey(ctx, alice, k)
		require.NoError(t, err)
		require.EqualValues(t, i+1, epoch)
	}
	list, err := s.StreamKeys(ctx, alice.Account)
	require.NoError(t, err)
	require.Equal(t, []StreamKey{streamKey("a", at(2)), streamKey("c", at(1)), streamKey("b", at(1))}, list, "newest first, of equal ones the one made last")

	epoch, err := s.DeleteStreamKey(ctx, alice, "a")
	require.NoError(t, err)
	require.EqualValues(t, 4, epoch)
	unchanged(t, s, func() {
		epoch, err = s.DeleteStreamKey(ctx, alice, "a")
		require.ErrorIs(t, err, ErrNotFound)
		require.EqualValues(t, 4, epoch, "what it was deleted in is not later than this")
	})
	list, err = s.StreamKeys(ctx, alice.Account)
	require.NoError(t, err)
	require.Len(t, list, 2)
}

// ed25519Key makes an own key.
func ed25519Key(id string) OwnKey {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		panic(err)
	}
	return OwnKey{ID: id, Alg: "Ed25519", Private: der, Created: at(0)}
}

func testOwnKeys(t *testing.T, e engine) {
	s, ctx := fresh(t, e), t.Context()
	made := ed25519Key("k1")
	got, err := s.OwnKey(ctx, alice, "Ed25519", func() (OwnKey, error) { return made, nil })
	require.NoError(t, err)
	require.Equal(t, made.Private, got.Private)
	require.EqualValues(t, 1, epochOf(t, s))

	never := func() (OwnKey, error) { t.Fatal("made again"); return OwnKey{}, nil }
	unchanged(t, s, func() {
		again, err := s.OwnKey(ctx, alice, "Ed25519", never)
		require.NoError(t, err)
		require.True(t, again.ID == "k1" && string(again.Private) == string(made.Private) && again.Created.Equal(at(0)))
	})

	broken := errors.New("no entropy")
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	rsaDER, err := x509.MarshalPKCS8PrivateKey(rsaKey)
	require.NoError(t, err)
	unchanged(t, s, func() {
		for name, c := range map[string]struct {
			alg  string
			key  OwnKey
			err  error
			want error
		}{
			"generate fails":      {"RS256", OwnKey{}, broken, broken},
			"another algorithm":   {"RS256", ed25519Key("k2"), nil, ErrInvalid},
			"another kind of key": {"RS256", OwnKey{"k2", "RS256", ed25519Key("").Private, at(0)}, nil, ErrInvalid},
			"not a key":           {"RS256", OwnKey{"k2", "RS256", []byte("x"), at(0)}, nil, ErrInvalid},
			"an id in use":        {"RS256", OwnKey{"k1", "RS256", rsaDER, at(0)}, nil, ErrExists},
			"unknown algorithm":   {"HS256", OwnKey{"k2", "HS256", rsaDER, at(0)}, nil, ErrInvalid},
		} {
			_, err := s.OwnKey(ctx, alice, c.alg, func() (OwnKey, error) { return c.key, c.err })
			require.ErrorIs(t, err, c.want, name)
		}
	})
	got, err = s.OwnKey(ctx, alice, "RS256", func() (OwnKey, error) { return OwnKey{"k2", "RS256", rsaDER, at(0)}, nil })
	require.NoError(t, err)
	require.Equal(t, "k2", got.ID)

	// Callers at once, over two handles on one database, get one key.
	other := reopen(t, urlOf(t, s))
	var wg sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		wg.Go(func() {
			h := []*sqlStore{s, other}[i%2]
			k, err := h.OwnKey(ctx, bob, "Ed25519", func() (OwnKey, error) { return ed25519Key(fmt.Sprintf("bob%d", i)), nil })
			if err == nil {
				ids[i] = k.ID
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		require.NotEmpty(t, id)
		require.Equal(t, ids[0], id)
	}
}

func testTURNKeys(t *testing.T, e engine) {
	s, ctx := fresh(t, e), t.Context()
	for _, k := range []TURNKey{turnKeyOf("a", at(1)), turnKeyOf("b", at(2))} {
		_, err := s.CreateTURNKey(ctx, alice, k)
		require.NoError(t, err)
	}
	list, err := s.TURNKeys(ctx, alice.Account)
	require.NoError(t, err)
	require.Equal(t, []TURNKey{turnKeyOf("b", at(2)), turnKeyOf("a", at(1))}, list)

	k, epoch, err := s.RenameTURNKey(ctx, alice, "a", "other")
	require.NoError(t, err)
	require.EqualValues(t, 3, epoch)
	want := turnKeyOf("a", at(1))
	want.Name, want.Modified = "other", at(1000)
	require.Equal(t, want, k)
	k, err = s.TURNKey(ctx, alice.Account, "a")
	require.NoError(t, err)
	require.Equal(t, want, k)

	k, epoch, err = s.DeleteTURNKey(ctx, alice, "a")
	require.NoError(t, err)
	require.EqualValues(t, 4, epoch)
	require.Equal(t, want, k, "the key as it was")
	unchanged(t, s, func() {
		_, err = s.TURNKey(ctx, alice.Account, "a")
		require.ErrorIs(t, err, ErrNotFound)
		_, epoch, err = s.DeleteTURNKey(ctx, alice, "a")
		require.ErrorIs(t, err, ErrNotFound)
		require.EqualValues(t, 4, epoch)
		_, _, err = s.RenameTURNKey(ctx, alice, "a", "x")
		require.ErrorIs(t, err, ErrNotFound)
	})

	// A clock that goes back does not take Modified back.
	late := turnKeyOf("late", at(5000))
	_, err = s.CreateTURNKey(ctx, alice, late)
	require.NoError(t, err)
	k, _, err = s.RenameTURNKey(ctx, alice, "late", "x")
	require.NoError(t, err)
	require.Equal(t, at(5000), k.Modified)
	require.WithinRange(t, k.Created, at(5000), at(5000).Add(time.Nanosecond))
}
