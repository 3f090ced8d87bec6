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

// sweep removes files that the store does not know, once. Where most are unknown the folder is that of
// another database, which may come back: then all stay, and the log says so.
func (l *Library) sweep(ctx context.Context) error {
	l.mu.Lock()
	done := l.swept
	l.mu.Unlock()
	if done {
		return nil
	}
	known, unknown := 0, []string(nil)
	err := l.each(func(name string) error {
		if !isID(name) {
			return nil // one that is being written, or somebody else's
		}
		_, err := l.Store.Media(ctx, name)
		if errors.Is(err, delivery.ErrNoMedia) {
			unknown = append(unknown, name)
			return nil
		}
		known++
		return err
	})
	if err != nil {
		return err
	}
	if len(unknown) > known {
		l.Log.Warn("most uploaded files are not known to the database: is the folder that of another one?",
			"folder", l.Dir, "known", known, "unknown", len(unknown))
		unknown = nil
	}
	for _, name := range unknown {
		if err := l.removeUnknown(ctx, name); err != nil {
			return err
		}
	}
	l.mu.Lock()
	l.swept = true
	l.mu.Unlock()
	return nil
}

// removeUnknown removes a file, unless it was uploaded meanwhile.
func (l *Library) removeUnknown(ctx context.Context, name string) error {
	l.place.Lock()
	defer l.place.Unlock()
	_, err := l.Store.Media(ctx, name)
	if !errors.Is(err, delivery.ErrNoMedia) {
		return err
	}
	if err := os.Remove(filepath.Join(l.Dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return storageError(err)
	}
	return nil
}
