package media

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// Prune removes up to n files that were not of use for longer than Config.Unused, and that no message
// needs. It forgets names that WeCom has forgotten. The first call after the start removes files,
// too, that the store does not know: the machine stopped between the one and the other.
func (l *Library) Prune(ctx context.Context, n int) (pruned int, err error) {
	if err := l.sweep(ctx); err != nil {
		return 0, err
	}
	now := l.Now()
	if _, err := l.Store.DropUploads(ctx, now.Add(-wecomKeeps), n); err != nil || l.Unused <= 0 {
		return 0, err
	}
	l.place.Lock()
	defer l.place.Unlock()
	ids, err := l.Store.DropMedia(ctx, now.Add(-l.Unused), now, n)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if wrong := os.Remove(filepath.Join(l.Dir, id)); wrong != nil && !errors.Is(wrong, fs.ErrNotExist) {
			err = errors.Join(err, storageError(wrong)) // a later start removes it
		}
	}
	return len(ids), err
}

// sweep removes files that the store does not know, once.
func (l *Library) sweep(ctx context.Context) error {
	l.mu.Lock()
	done := l.swept
	l.mu.Unlock()
	if done {
		return nil
	}
	err := l.each(func(name string) error {
		if !isID(name) {
			return nil // one that is being written, or somebody else's
		}
		l.place.Lock()
		defer l.place.Unlock()
		_, err := l.Store.Media(ctx, name)
		if errors.Is(err, delivery.ErrNoMedia) {
			err = os.Remove(filepath.Join(l.Dir, name))
		}
		return err
	})
	if err == nil {
		l.mu.Lock()
		l.swept = true
		l.mu.Unlock()
	}
	return err
}
