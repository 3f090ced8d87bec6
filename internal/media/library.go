package media

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// Config is what a [Library] is made of. Dir and Store are required.
type Config struct {
	Dir   string // of the files; it is made if it is not there, readable for its owner alone
	Store Store
	// Unused is how long a file is kept after it was last of use; 0 means for ever.
	Unused time.Duration
	Now    func() time.Time // nil means time.Now
	Log    *slog.Logger     // nil means none
}

// Library are the files. It implements [delivery.Files]. It is safe for concurrent use, and alone with
// its folder: the lock of the database keeps another gateway away.
type Library struct {
	Config

	// place is held while a file and what the store knows of it come or go, so that one is never there
	// without the other for those who look.
	place sync.Mutex

	mu      sync.Mutex
	flights map[flightKey]*flight
	swept   bool // the folder was looked through for what nobody knows
}

var _ delivery.Files = (*Library)(nil)

// Open returns the files in a folder, and removes what uploads left there that did not come to their
// end. Its error is for the operator.
func Open(c Config) (*Library, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	l := &Library{Config: c, flights: map[flightKey]*flight{}}
	if err := l.prepare(); err != nil {
		return nil, fmt.Errorf("folder %s of uploaded files: %w: the user that runs the gateway needs to write it", c.Dir, bare(err))
	}
	return l, nil
}

func (l *Library) prepare() error {
	if err := os.MkdirAll(l.Dir, 0o700); err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(l.Dir)); err != nil {
		return err
	}
	return l.each(func(name string) error {
		if strings.HasSuffix(name, unfinished) {
			return os.Remove(filepath.Join(l.Dir, name))
		}
		return nil
	})
}

// each calls do for the names in the folder, a few at a time: there may be many.
func (l *Library) each(do func(name string) error) error {
	dir, err := os.Open(l.Dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	for {
		names, err := dir.Readdirnames(256)
		for _, name := range names {
			if err := do(name); err != nil {
				return err
			}
		}
		if err != nil || len(names) == 0 {
			return nil // io.EOF
		}
	}
}

// Info returns what is known of a file, or delivery.ErrNoMedia.
func (l *Library) Info(ctx context.Context, id string) (Info, error) {
	if !isID(id) {
		return Info{}, delivery.ErrNoMedia
	}
	return l.Store.Media(ctx, id)
}

// Expires is until when a file is kept at least; zero if it is for ever.
func (l *Library) Expires(m Info) time.Time {
	if l.Unused <= 0 {
		return time.Time{}
	}
	if unused := m.Used.Add(l.Unused); unused.After(m.Needed) {
		return unused
	}
	return m.Needed
}

// How exactly it is known when a file is of use. More exactly would cost each message a commit of its own.
const (
	usedWithin  = time.Hour
	neededAhead = 24 * time.Hour
)

// Keep implements [delivery.Files].
func (l *Library) Keep(ctx context.Context, id string, until time.Time) (delivery.File, error) {
	m, err := l.Info(ctx, id)
	if err != nil {
		return delivery.File{}, err
	}
	now := l.Now()
	if until.After(m.Needed) || now.Sub(m.Used) >= usedWithin {
		needed := m.Needed
		if until.After(needed) {
			needed = until.Add(neededAhead)
		}
		if err := l.Store.UseMedia(ctx, id, now, needed); err != nil {
			return delivery.File{}, err
		}
	}
	return delivery.File{Type: m.Type, Size: m.Size}, nil
}

// open opens a file. One that is not there, or is not what it was, is delivery.ErrNoMedia.
func (l *Library) open(ctx context.Context, id string) (*os.File, Info, error) {
	m, err := l.Info(ctx, id)
	if err != nil {
		return nil, Info{}, err
	}
	file, err := os.Open(filepath.Join(l.Dir, id))
	if errors.Is(err, fs.ErrNotExist) {
		l.Log.Error("an uploaded file is gone from its folder", "media", id)
		return nil, Info{}, delivery.ErrNoMedia
	}
	if err != nil {
		return nil, Info{}, storageError(err)
	}
	stat, err := file.Stat()
	if err == nil && stat.Size() != m.Size {
		l.Log.Error("an uploaded file is damaged", "media", id, "size", stat.Size(), "was", m.Size)
		err = delivery.ErrNoMedia
	} else if err != nil {
		err = storageError(err)
	}
	if err != nil {
		_ = file.Close()
		return nil, Info{}, err
	}
	return file, m, nil
}

// Read returns all of a file: the picture of a robot, which goes in the message itself.
func (l *Library) Read(ctx context.Context, id string) ([]byte, error) {
	file, m, err := l.open(ctx, id)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data := make([]byte, m.Size)
	if _, err := file.ReadAt(data, 0); err != nil {
		return nil, storageError(err)
	}
	return data, nil
}

// storageError is an error of the disk, without the path: who uploads is not told where.
func storageError(err error) error {
	return fmt.Errorf("%w: uploaded files: %w", delivery.ErrStorage, bare(err))
}

// bare takes the path off an error.
func bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
