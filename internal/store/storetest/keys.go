package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hongyan-im/hongyan/internal/access"
)

// TestKeys tests the key stores that open opens, each of them empty: two on the same database, as two
// processes have them.
func TestKeys(t *testing.T, open func(t *testing.T) (one, other access.Keys)) {
	now := beginning
	same := func(t *testing.T, what string, got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got, append(alike, cmpopts.EquateEmpty())...); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	create := func(t *testing.T, k access.Keys, name string) (access.Key, access.Hash) {
		t.Helper()
		key := access.Key{Name: name, Senders: []string{"crm", "robot:ops"}, Scopes: []access.Scope{access.Send, access.Read}, CallbackURL: "https://example.com/" + name, Rate: access.Rate{N: 600, Per: time.Minute}, Created: now}
		_, hash := access.NewSecret()
		if err := k.Create(t.Context(), &key, hash); err != nil {
			t.Fatal(err)
		}
		if key.ID == 0 {
			t.Error("the key has no id")
		}
		return key, hash
	}
	missing := func(t *testing.T, k access.Keys, hash access.Hash) {
		t.Helper()
		if key, err := k.Find(t.Context(), hash); err != access.ErrNoKey || key != nil {
			t.Errorf("found %v, %v", key, err)
		}
	}
	t.Run("a key is found by its hash", func(t *testing.T) {
		one, other := open(t)
		_, hash := access.NewSecret()
		missing(t, one, hash)
		missing(t, other, hash)
		key, hash := create(t, one, "shop")
		for _, k := range []access.Keys{one, other, one} {
			got, err := k.Find(t.Context(), hash)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "key", *got, key)
		}
		hash[5]++
		missing(t, one, hash)
	})
	t.Run("a name is taken while its key is good", func(t *testing.T) {
		one, other := open(t)
		create(t, one, "shop")
		again := access.Key{Name: "shop", Created: now}
		_, hash := access.NewSecret()
		if err := other.Create(t.Context(), &again, hash); err != access.ErrNameTaken {
			t.Fatal(err)
		}
		missing(t, one, hash)
		if err := one.Revoke(t.Context(), "shop", now); err != nil {
			t.Fatal(err)
		}
		create(t, other, "shop")
	})
	t.Run("a key that is revoked is not found, and is still listed", func(t *testing.T) {
		one, other := open(t)
		key, hash := create(t, one, "shop")
		blog, _ := create(t, one, "blog")
		if _, err := other.Find(t.Context(), hash); err != nil {
			t.Fatal(err)
		}
		at := now.Add(time.Hour)
		if err := one.Revoke(t.Context(), "shop", at); err != nil {
			t.Fatal(err)
		}
		missing(t, one, hash)
		revoked := time.Now()
		for {
			_, err := other.Find(t.Context(), hash)
			took := time.Since(revoked)
			if err == access.ErrNoKey {
				break
			}
			if err != nil || took > 2*time.Second {
				t.Fatalf("after %v: %v", took, err)
			}
		}
		key.Revoked = at
		for _, k := range []access.Keys{one, other} {
			list, err := k.List(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			same(t, "list", list, []access.Key{key, blog})
			if err := k.Revoke(t.Context(), "shop", at); err != access.ErrNoKey {
				t.Errorf("revoked again: %v", err)
			}
		}
	})
	t.Run("when keys were used", func(t *testing.T) {
		one, other := open(t)
		shop, _ := create(t, one, "shop")
		blog, _ := create(t, one, "blog")
		shop.LastUsed, blog.LastUsed = now.Add(time.Hour), now.Add(time.Minute)
		for _, used := range []map[int64]time.Time{
			{shop.ID: shop.LastUsed, blog.ID: now},
			{shop.ID: now, blog.ID: blog.LastUsed, 4711: now}, // the later time counts
			nil,
		} {
			if err := one.Used(t.Context(), used); err != nil {
				t.Fatal(err)
			}
		}
		list, err := other.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		same(t, "list", list, []access.Key{shop, blog})
	})
	t.Run("a key has a secret for webhooks, and the one before while it is good", func(t *testing.T) {
		one, other := open(t)
		secrets := func(k access.Keys, at time.Time) (revealed []string) {
			t.Helper()
			list, err := k.WebhookSecrets(t.Context(), "shop", at)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range list {
				revealed = append(revealed, s.Reveal())
			}
			return revealed
		}
		if _, err := one.WebhookSecrets(t.Context(), "shop", now); err != access.ErrNoKey {
			t.Errorf("a key that does not exist: %v", err)
		}
		create(t, one, "blog")
		create(t, one, "shop")
		first := secrets(one, now)
		if _, err := access.ParseWebhookSecret(first[0]); len(first) != 1 || err != nil {
			t.Errorf("%d secrets, %v", len(first), err)
		}
		same(t, "seen by the other", secrets(other, now), first)
		second, until := access.NewWebhookSecret(), now.Add(24*time.Hour)
		if err := other.RotateWebhookSecret(t.Context(), "shop", second, until); err != nil {
			t.Fatal(err)
		}
		same(t, "while both are good", secrets(one, until.Add(-time.Millisecond)), []string{second.Reveal(), first[0]})
		same(t, "afterwards", secrets(one, until), []string{second.Reveal()})
		if err := one.Revoke(t.Context(), "shop", now); err != nil {
			t.Fatal(err)
		}
		same(t, "of a key that was revoked", secrets(one, until), []string{second.Reveal()})
		if err := one.RotateWebhookSecret(t.Context(), "shop", second, until); err != access.ErrNoKey {
			t.Errorf("a new one for a key that was revoked: %v", err)
		}
		create(t, one, "shop")
		if got := secrets(one, now); len(got) != 1 || got[0] == second.Reveal() {
			t.Error("the secret of the new key is that of the revoked one")
		}
	})
}
