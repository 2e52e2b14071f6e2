package enrol

import (
	"context"
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestClaim: a token that appears is used, removed, and whoever runs is told that there is an identity now.
func TestClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newOffice(t, time.Now, aToken)
		s := newShop(t, server)
		done := make(chan bool)
		go func() { done <- NewKeeper(s.o).Run(t.Context()) }()
		time.AfterFunc(17*time.Second, func() { s.put(t, aToken) })
		require.True(t, <-done)

		assert.NoFileExists(t, s.token)
		id, err := s.o.Folder.Load()
		require.NoError(t, err)
		assert.Equal(t, "T1", id.Terminal)
		assert.Less(t, time.Since(s.start), 2*time.Minute)
		assert.Equal(t, []State{NoToken, Enrolled}, states(s.said))
		for name, mode := range map[string]os.FileMode{s.o.Folder.KeyFile(): 0o600, filepath.Dir(s.o.Folder.KeyFile()): 0o700} {
			info, err := os.Stat(name)
			require.NoError(t, err)
			assert.Equal(t, mode, info.Mode().Perm(), name)
		}
		_, err = tls.LoadX509KeyPair(s.o.Folder.CertFile(), s.o.Folder.KeyFile())
		require.NoError(t, err, "a broker's client reads them so")
		kept, err := os.ReadFile(filepath.Join(s.dir, "identity", machineFile))
		require.NoError(t, err)
		assert.NotContains(t, string(kept), "PB0519AB", "no fact in clear")
	})
}

func states(all []Status) []State {
	var out []State
	for _, s := range all {
		out = append(out, s.State)
	}
	return out
}

// TestClaimOfAUsedToken: the same key may ask again, another key is told so, and does not ask the whole night.
func TestClaimOfAUsedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newOffice(t, time.Now, aToken, bToken)
		first, second := newShop(t, server), newShop(t, server)
		_, err := NewKeeper(first.o).Claim(t.Context(), aToken)
		require.NoError(t, err)

		second.put(t, aToken)
		ctx, cancel := context.WithTimeout(t.Context(), 23*time.Hour)
		defer cancel()
		assert.False(t, NewKeeper(second.o).Run(ctx))
		assert.Equal(t, Used, second.last().Word)
		assert.Equal(t, Refused, second.last().State)
		assert.Len(t, server.claims, 1+4, "at once, and each six hours")
		assert.FileExists(t, second.token, "a technician may look at it")

		second.put(t, bToken) // another one is tried at once
		assert.True(t, NewKeeper(second.o).Run(t.Context()))
	})
}

// TestClaimBacksOff: a server that is away for a day is not stormed, and is found again within an hour.
func TestClaimBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newOffice(t, time.Now, aToken)
		away := &countingServer{Server: server, fail: errNobody}
		s := newShop(t, away)
		s.put(t, aToken)
		away.until = time.Now().Add(24 * time.Hour)
		assert.True(t, NewKeeper(s.o).Run(t.Context()))
		assert.Less(t, time.Since(s.start), 25*time.Hour+time.Minute)
		assert.Less(t, away.asked, 200)
		assert.Greater(t, away.asked, 20)
	})
}

// TestClaimIsLeftAlone: what the server asks for is what it gets.
func TestClaimIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := &countingServer{Server: newOffice(t, time.Now, aToken), fail: &Refusal{Word: TryLater, RetryAfter: 3600}}
		s := newShop(t, away)
		s.put(t, aToken)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour-time.Second)
		defer cancel()
		assert.False(t, NewKeeper(s.o).Run(ctx))
		assert.Equal(t, 1, away.asked)
	})
}

type countingServer struct {
	Server

	fail  error
	until time.Time // zero: for ever
	asked int
}

func (c *countingServer) away() bool {
	c.asked++
	return c.fail != nil && (c.until.IsZero() || time.Now().Before(c.until))
}

func (c *countingServer) Claim(ctx context.Context, q Claim) (Grant, error) {
	if c.away() {
		return Grant{}, c.fail
	}
	return c.Server.Claim(ctx, q)
}

func (c *countingServer) Renew(ctx context.Context, q Renewal, current *tls.Certificate) (Grant, error) {
	if c.away() {
		return Grant{}, c.fail
	}
	return c.Server.Renew(ctx, q, current)
}

// TestRenewalTimeline: over 500 days a certificate of 90 days is renewed in its last third but not its last tenth, at points that differ.
func TestRenewalTimeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newOffice(t, time.Now, aToken)
		s := newShop(t, server)
		_, err := NewKeeper(s.o).Claim(t.Context(), aToken)
		require.NoError(t, err)
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 500*24*time.Hour)
		defer cancel()
		assert.False(t, NewKeeper(s.o).Run(ctx), "a new chain is no new identity")

		require.Greater(t, len(server.renewed), 5)
		distinct := map[time.Duration]bool{}
		for _, at := range server.renewed {
			held := at.Sub(begin)
			assert.GreaterOrEqual(t, held, 60*24*time.Hour)
			assert.LessOrEqual(t, held, 81*24*time.Hour+lookAgain)
			distinct[held] = true
			begin = at
		}
		assert.Greater(t, len(distinct), 4)
	})
}

// TestRotate: asked to, the terminal gets its next certificate at once; one without an identity says so.
func TestRotate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newOffice(t, time.Now, aToken)
		s := newShop(t, server)
		ctx, cancel := context.WithCancel(t.Context())
		k := NewKeeper(s.o)
		done := make(chan bool, 1)
		go func() { done <- k.Run(ctx) }()
		require.ErrorIs(t, k.Rotate(t.Context()), ErrNone)
		s.put(t, aToken)
		require.True(t, <-done)

		before, err := s.o.Folder.Load()
		require.NoError(t, err)
		k = NewKeeper(s.o)
		go func() { done <- k.Run(ctx) }()
		require.NoError(t, k.Rotate(t.Context()))
		after, err := s.o.Folder.Load()
		require.NoError(t, err)
		assert.NotEqual(t, before.Leaf.SerialNumber, after.Leaf.SerialNumber)
		cancel()
		assert.False(t, <-done)
		assert.ErrorIs(t, k.Rotate(ctx), context.Canceled, "nobody is there to do it")
	})
}

// TestRenewalFails: no answer for long is no reason to give up, and is said; the grace is the server's business, so an expired
// certificate asks too.
func TestRenewalFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newOffice(t, time.Now, aToken)
		s := newShop(t, server)
		_, err := NewKeeper(s.o).Claim(t.Context(), aToken)
		require.NoError(t, err)
		away := &countingServer{Server: server, fail: errNobody}
		s.o.Server = away
		ctx, cancel := context.WithTimeout(t.Context(), 89*24*time.Hour)
		NewKeeper(s.o).Run(ctx)
		cancel()
		assert.Equal(t, Unreachable, s.last().State)
		assert.True(t, s.last().Short(time.Now()), "less than a tenth is left")
		assert.Less(t, away.asked, 400, "hours between them")
		assert.Greater(t, away.asked, 20)

		ctx, cancel = context.WithTimeout(t.Context(), 10*24*time.Hour)
		defer cancel()
		away.until = time.Now().Add(5 * 24 * time.Hour)
		NewKeeper(s.o).Run(ctx)
		assert.Equal(t, Enrolled, s.last().State)
		assert.False(t, s.last().Short(time.Now()))
	})
}

// TestRenewalByAgreedTime: where the clock is wrong, what time it is decides.
func TestRenewalByAgreedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newOffice(t, time.Now, aToken)
		s := newShop(t, server)
		_, err := NewKeeper(s.o).Claim(t.Context(), aToken)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 59*time.Minute)
		defer cancel()
		s.o.Now = func() time.Time { return time.Now().Add(82 * 24 * time.Hour) }
		NewKeeper(s.o).Run(ctx)
		assert.Len(t, server.renewed, 6, "due at once; again and again while the server, by its own time, gives what is due at once: no more than each ten minutes")
	})
}

// TestCopyOnAnotherMachine: the copied identity is not used, which is said, and a token gives the machine its own, under another key.
func TestCopyOnAnotherMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newOffice(t, time.Now, aToken, bToken)
		a, b := newShop(t, server), newShop(t, server)
		id, err := NewKeeper(a.o).Claim(t.Context(), aToken)
		require.NoError(t, err)
		require.NoError(t, os.CopyFS(filepath.Join(b.dir, "identity"), os.DirFS(filepath.Join(a.dir, "identity"))))
		b.o.Facts = map[string]string{"serial": "PB0519AC", "flash": "150100777", "board": "x"}

		b.o.Now = func() time.Time { return time.Now().Add(82 * 24 * time.Hour) } // it would be due
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Hour)
		defer cancel()
		done := make(chan bool)
		go func() { done <- NewKeeper(b.o).Run(ctx) }()
		time.AfterFunc(3*time.Hour, func() {
			assert.Equal(t, Clone, b.last().State)
			b.put(t, bToken)
		})
		assert.True(t, <-done, "it has another identity, though of the same name")
		assert.Empty(t, server.renewed, "the copied one was not used")
		own, err := b.o.Folder.Load()
		require.NoError(t, err)
		assert.NotEqual(t, Thumbprint(id.Leaf.PublicKey), Thumbprint(own.Leaf.PublicKey))
		assert.Equal(t, Same, b.o.Folder.Machine(b.o.Facts))
	})
}

// TestMachine: one fact that holds is enough, one that cannot be read tells nothing, and changes one at a time are followed.
func TestMachine(t *testing.T) {
	f := NewFolder(filepath.Join(t.TempDir(), "identity"))
	assert.Equal(t, Unknown, f.Machine(map[string]string{"a": "1"}), "nothing is kept")
	require.NoError(t, f.disk.make(f.dir))
	require.NoError(t, f.Bind(map[string]string{"a": "1", "b": "2"}))
	for _, row := range []struct {
		facts map[string]string
		want  Machine
	}{
		{map[string]string{"a": "1", "b": "2"}, Same},
		{map[string]string{"a": "9", "b": "2"}, Same},
		{map[string]string{"a": "9", "b": "9"}, Another},
		{map[string]string{"a": "9"}, Another},
		{map[string]string{"a": "2", "b": "1"}, Another},
		{map[string]string{"c": "1"}, Unknown},
		{map[string]string{"a": ""}, Unknown},
		{nil, Unknown},
	} {
		assert.Equal(t, row.want, f.Machine(row.facts), row.facts)
	}
	require.NoError(t, f.Bind(map[string]string{"a": "9"})) // a board was replaced; b cannot be read today
	assert.Equal(t, Same, f.Machine(map[string]string{"a": "9", "b": "8"}))
	assert.Equal(t, Same, f.Machine(map[string]string{"b": "2"}))
}

// TestCopyRenewsToo: where nobody can tell the machines apart, the server can: of two that renew the same certificate the second is refused.
func TestCopyRenewsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ahead := time.Duration(0)
		now := func() time.Time { return time.Now().Add(ahead) }
		server := newOffice(t, now, aToken)
		a, b := newShop(t, server), newShop(t, server)
		a.o.Facts, b.o.Facts, a.o.Now, b.o.Now = nil, nil, now, now
		_, err := NewKeeper(a.o).Claim(t.Context(), aToken)
		require.NoError(t, err)
		require.NoError(t, os.CopyFS(filepath.Join(b.dir, "identity"), os.DirFS(filepath.Join(a.dir, "identity"))))
		ahead = 82 * 24 * time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		go NewKeeper(a.o).Run(ctx)
		time.AfterFunc(time.Second, func() { NewKeeper(b.o).Run(ctx) })
		<-ctx.Done()
		synctest.Wait()
		assert.ElementsMatch(t, []State{Enrolled, Clone}, []State{a.last().State, b.last().State})
	})
}

// TestPowerCuts: the power fails before each thing that is done to the flash, and before and after each answer of the server. Whatever is
// left, the next start goes on: with one key, one token, one certificate of a kind, and no token left behind.
func TestPowerCuts(t *testing.T) {
	errCut := errors.New("power cut")
	for _, path := range []string{"claim", "replace", "renew"} {
		t.Run(path, func(t *testing.T) {
			cuts := 0
			for ; ; cuts++ {
				server := newOffice(t, time.Now, aToken, bToken)
				s := newShop(t, server)
				if path != "claim" {
					_, err := NewKeeper(s.o).Claim(t.Context(), bToken)
					require.NoError(t, err)
				}
				if path == "renew" {
					s.o.Now = func() time.Time { return time.Now().Add(82 * 24 * time.Hour) }
				} else {
					s.put(t, aToken)
				}
				issued := server.serial
				steps, cut := 0, false
				s.o.Folder.disk.step = func(string, string) error {
					if steps++; cut || steps > cuts {
						cut = true
						return errCut
					}
					return nil
				}
				once(t, s, path)
				if !cut {
					break
				}
				// A half-written file is what is left of one that was not synced.
				halves, err := filepath.Glob(filepath.Join(s.dir, "identity*", "*.new"))
				require.NoError(t, err)
				for _, half := range halves {
					require.NoError(t, os.WriteFile(half, []byte("half"), 0o600))
				}
				if path != "claim" { // there is always one to use
					s.o.Folder = NewFolder(s.o.Folder.dir)
					_, err := s.o.Folder.Load()
					require.NoError(t, err, "cut %d", cuts)
				}
				s.o.Folder = NewFolder(s.o.Folder.dir)
				server.lost = false
				once(t, s, path)

				id, err := s.o.Folder.Load()
				require.NoError(t, err, "cut %d", cuts)
				assert.Equal(t, server.newest, id.Leaf.SerialNumber.String(), "cut %d", cuts)
				assert.Equal(t, Same, s.o.Folder.Machine(s.o.Facts))
				assert.Equal(t, issued+1, server.serial, "cut %d: one certificate", cuts)
				if path != "renew" {
					assert.NoFileExists(t, s.token, "cut %d", cuts)
					for _, c := range server.claims[1:] {
						if c.Token == aToken {
							assert.Equal(t, server.tokens[aToken], c.Terminal.Key, "cut %d: one key", cuts)
						}
					}
				}
			}
			assert.Greater(t, cuts, 10)
		})
	}
}

// once looks as a keeper does after a start.
func once(t testing.TB, s *shop, path string) {
	k := NewKeeper(s.o)
	if path == "replace" {
		if token, used, err := s.find(); err == nil && token != "" {
			if id, err := s.o.Folder.Load(); err == nil && id.Token == hashOf(token) {
				_ = used()
				return
			}
			if _, err := k.Claim(t.Context(), token); err == nil {
				_ = used()
			}
		}
		return
	}
	if id, err := s.o.Folder.Load(); path == "renew" && err == nil && id.Leaf.SerialNumber.Int64() > 2 {
		return
	}
	k.look(t.Context())
	if path == "claim" {
		k.look(t.Context())
	}
}

// TestKeyIsKeptBeforeItIsTold: the flash has the key, its name too, before a server hears of it; a lost answer costs no token.
func TestKeyIsKeptBeforeItIsTold(t *testing.T) {
	server := newOffice(t, time.Now, aToken)
	s := newShop(t, server)
	var did []string
	s.o.Folder.disk.step = func(what, file string) error {
		did = append(did, what+" "+filepath.Base(file))
		return nil
	}
	server.lost = true
	_, err := NewKeeper(s.o).Claim(t.Context(), aToken)
	require.ErrorIs(t, err, errNobody)
	require.Equal(t, []string{"rename key.pem", "sync folder identity.next"}, did[len(did)-2:], "the last before the question")
	server.lost = false
	_, err = NewKeeper(s.o).Claim(t.Context(), aToken)
	require.NoError(t, err)
	assert.Equal(t, server.claims[0].Terminal.Key, server.claims[1].Terminal.Key)
	assert.NotEqual(t, server.claims[0].CSR, server.claims[1].CSR)
}

// TestLostRenewal: the answer that did not arrive is asked for again, by the same request, after a restart too.
func TestLostRenewal(t *testing.T) {
	server := newOffice(t, time.Now, aToken)
	s := newShop(t, server)
	id, err := NewKeeper(s.o).Claim(t.Context(), aToken)
	require.NoError(t, err)
	server.lost = true
	require.Error(t, NewKeeper(s.o).askRenewal(t.Context(), id))
	require.Error(t, NewKeeper(s.o).askRenewal(t.Context(), id))
	server.lost = false
	require.NoError(t, NewKeeper(s.o).askRenewal(t.Context(), id))
	id, err = s.o.Folder.Load()
	require.NoError(t, err)
	assert.Equal(t, server.newest, id.Leaf.SerialNumber.String())
	assert.NoFileExists(t, filepath.Join(s.dir, "identity", renewalFile))
}

// TestGrantsThatCannotBeKept leave what was.
func TestGrantsThatCannotBeKept(t *testing.T) {
	server := newOffice(t, time.Now, aToken, bToken)
	s := newShop(t, server)
	id, err := NewKeeper(s.o).Claim(t.Context(), aToken)
	require.NoError(t, err)
	other := newShop(t, server)
	stranger, err := NewKeeper(other.o).Claim(t.Context(), bToken)
	require.NoError(t, err)
	for name, chain := range map[string]string{"garbage": "garbage", "another's": stranger.Chain, "not only certificates": id.Chain + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		g := id.Grant
		g.Chain = chain
		require.Error(t, s.o.Folder.keepRenewed(g, id.Token), name)
		got, err := s.o.Folder.Load()
		require.NoError(t, err)
		assert.Equal(t, id.Leaf.SerialNumber, got.Leaf.SerialNumber)
	}
}

// TestDamagedIdentity is said, not used, and replaced by a token.
func TestDamagedIdentity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newOffice(t, time.Now, aToken, bToken)
		s := newShop(t, server)
		_, err := NewKeeper(s.o).Claim(t.Context(), aToken)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(s.o.Folder.KeyFile(), []byte("\xff\xff"), 0o600))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		assert.False(t, NewKeeper(s.o).Run(ctx))
		assert.Equal(t, Damaged, s.last().State)
		s.put(t, bToken)
		assert.True(t, NewKeeper(s.o).Run(t.Context()))
	})
}
