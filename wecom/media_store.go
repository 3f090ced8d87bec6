package wecom

import (
	"context"
	"errors"
	"sync"
	"time"
)

// carrier is a body that names a file, and may bring it along.
type carrier interface {
	Body
	file() *source            // what it brings, or nil
	with(mediaID string) Body // the same body after the upload
}

// mediaStore uploads what bodies bring along: each content once, whoever sends it and however often.
type mediaStore struct {
	cache  MediaCache
	owner  string // whose media they are: a corp, or a robot
	host   string // for errors
	upload func(context.Context, MediaType, *form) (Uploaded, error)

	mu      sync.Mutex
	flights map[string]*mediaFlight
}

// mediaFlight is one upload and those who wait for it.
type mediaFlight struct {
	done      chan struct{} // closed when the rest is set
	mediaID   string
	err       error
	abandoned bool // the caller who did it gave up; somebody else may try
}

func newMediaStore(cache MediaCache, owner, host string, upload func(context.Context, MediaType, *form) (Uploaded, error)) *mediaStore {
	if cache == nil {
		cache = new(MemoryMediaCache)
	}
	return &mediaStore{cache: cache, owner: owner, host: host, upload: upload, flights: make(map[string]*mediaFlight)}
}

// deliver calls send with body. A file that the body brings along is uploaded first, unless it is
// known; if WeCom has forgotten a known one (40007) it is uploaded, and send called, once more.
func (s *mediaStore) deliver(ctx context.Context, body Body, send func(Body) error) error {
	b, ok := body.(carrier)
	if !ok || b.file() == nil {
		return send(body)
	}
	rule, err := b.file().kind.rule()
	if err != nil {
		return err
	}
	f, err := b.file().inspect(rule)
	if err != nil {
		return err
	}
	key := mediaKey(s.owner, f)
	mediaID, known, err := s.mediaID(ctx, key, f)
	if err != nil {
		return err
	}
	err = send(b.with(mediaID))
	if !known || !errors.Is(err, &Error{Code: CodeBadMediaID}) {
		return err
	}
	_ = s.cache.Drop(ctx, key, mediaID) // if this fails the id is replaced below all the same
	mediaID, err = s.replace(ctx, key, f, mediaID)
	if err != nil {
		return err
	}
	return send(b.with(mediaID))
}

// mediaID returns the media id of a file. known is false if it was uploaded just now.
func (s *mediaStore) mediaID(ctx context.Context, key string, f *inspected) (id string, known bool, err error) {
	if id := s.load(ctx, key); id != "" {
		return id, true, nil
	}
	id, err = s.replace(ctx, key, f, "")
	return id, false, err
}

func (s *mediaStore) load(ctx context.Context, key string) string {
	m, err := s.cache.Load(ctx, key)
	if err != nil || !time.Now().Before(m.ExpiresAt) {
		return ""
	}
	return m.MediaID
}

// replace uploads a file whose media id is not known, or is stale. Of many who need it one does it.
func (s *mediaStore) replace(ctx context.Context, key string, f *inspected, stale string) (string, error) {
	for {
		s.mu.Lock()
		flight := s.flights[key]
		mine := flight == nil
		if mine {
			flight = &mediaFlight{done: make(chan struct{})}
			s.flights[key] = flight
		}
		s.mu.Unlock()
		if mine {
			s.fly(ctx, key, f, stale, flight)
			return flight.mediaID, flight.err
		}
		select {
		case <-flight.done:
		case <-ctx.Done():
			return "", &TransportError{Op: opUpload, Host: s.host, Err: ctx.Err()}
		}
		if !flight.abandoned {
			return flight.mediaID, flight.err
		}
	}
}

// fly is the upload that others wait for.
func (s *mediaStore) fly(ctx context.Context, key string, f *inspected, stale string, flight *mediaFlight) {
	flight.abandoned = true // unless it comes to its end
	defer func() {
		s.mu.Lock()
		delete(s.flights, key)
		s.mu.Unlock()
		close(flight.done)
	}()
	// Somebody else's flight may have landed since the caller looked.
	if id := s.load(ctx, key); id != "" && id != stale {
		flight.mediaID, flight.abandoned = id, false
		return
	}
	now := time.Now() // before the upload, which errs on the safe side
	up, err := s.upload(ctx, f.kind, f.form())
	flight.mediaID, flight.err = up.MediaID, err
	flight.abandoned = err != nil && ctx.Err() != nil
	if err == nil {
		_ = s.cache.Save(ctx, key, CachedMedia{MediaID: up.MediaID, ExpiresAt: now.Add(mediaLife)})
	}
}
