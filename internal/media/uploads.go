package media

import (
	"context"
	"io"
	"time"
)

// How long WeCom's name of a file is used, of the 3 days that WeCom keeps it. A delivery whose first
// attempt may have arrived goes on by the name of that attempt, for as long as WeCom's duplicate check
// covers it, which is at most 4 hours; so no attempt begins by a name that would not last so long.
const (
	wecomKeeps = 3 * 24 * time.Hour
	retried    = wecomKeeps - time.Hour
	begun      = retried - 4*time.Hour
)

// Uploader uploads a file to WeCom, and returns the media_id.
type Uploader func(ctx context.Context, m Info, file io.ReadSeeker) (mediaID string, err error)

// Upload returns what WeCom calls a file, for the attempt that began then: the zero time means now. If
// there is no name that is good for it, the file is uploaded; of many who need it at once one does it.
// The name is stored before it is returned, so that another attempt goes by the same.
//
// The errors are delivery.ErrNoMedia, those that wrap delivery.ErrStorage, and those of upload.
func (l *Library) Upload(ctx context.Context, owner, id string, began time.Time, upload Uploader) (Upload, error) {
	if began.IsZero() {
		began = l.Now()
	}
	if u, err := l.known(ctx, owner, id, began); err != nil || u.WeComID != "" {
		return u, err
	}
	key := flightKey{owner, id}
	for {
		l.mu.Lock()
		f := l.flights[key]
		mine := f == nil
		if mine {
			f = &flight{done: make(chan struct{})}
			l.flights[key] = f
		}
		l.mu.Unlock()
		if mine {
			l.fly(ctx, key, f, began, upload)
			return f.landed, f.err
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return Upload{}, ctx.Err()
		}
		if !f.abandoned {
			return f.landed, f.err
		}
	}
}

// Forget is for a name that WeCom does not know (any more): the next one who needs the file uploads it.
func (l *Library) Forget(ctx context.Context, u Upload) error { return l.Store.DropUpload(ctx, u) }

// known is the name by which an attempt goes that began then; it is zero if there is none yet.
func (l *Library) known(ctx context.Context, owner, id string, began time.Time) (Upload, error) {
	all, err := l.Store.Uploads(ctx, owner, id)
	if err != nil {
		return Upload{}, err
	}
	return choose(all, began, l.Now()), nil
}

// choose finds, among the names of a file in the order of their times, the one by which an attempt goes
// that began then. For one attempt the answer is the same now and later, for as long as WeCom keeps the
// file: the newest name of then if it was good for an attempt, else the first one after.
func choose(all []Upload, began, now time.Time) Upload {
	var before, after Upload
	for _, u := range all {
		switch {
		case !u.At.After(began):
			before = u
		case after.WeComID == "":
			after = u
		}
	}
	switch {
	case before.WeComID != "" && began.Sub(before.At) < begun && now.Sub(before.At) < retried:
		return before
	case after.WeComID != "" && now.Sub(after.At) < retried:
		return after
	}
	return Upload{}
}

type flightKey struct{ owner, id string }

// flight is one upload, and those who wait for it.
type flight struct {
	done      chan struct{} // closed when the rest is set
	landed    Upload
	err       error
	abandoned bool // who did it gave up; somebody else may try
}

func (l *Library) fly(ctx context.Context, key flightKey, f *flight, began time.Time, upload Uploader) {
	f.abandoned = true // unless it comes to its end
	defer func() {
		l.mu.Lock()
		delete(l.flights, key)
		l.mu.Unlock()
		close(f.done)
	}()
	f.landed, f.err = l.upload(ctx, key, began, upload)
	f.abandoned = f.err != nil && ctx.Err() != nil
}

func (l *Library) upload(ctx context.Context, key flightKey, began time.Time, upload Uploader) (Upload, error) {
	// Another flight may have landed since the caller looked.
	if u, err := l.known(ctx, key.owner, key.id, began); err != nil || u.WeComID != "" {
		return u, err
	}
	file, m, err := l.open(ctx, key.id)
	if err != nil {
		return Upload{}, err
	}
	defer file.Close()
	u := Upload{Owner: key.owner, Media: key.id, At: l.Now().Truncate(time.Millisecond)}
	if u.WeComID, err = upload(ctx, m, file); err != nil {
		return Upload{}, err
	}
	// What WeCom has now is worth knowing, also when the caller has gone.
	if err := l.Store.AddUpload(context.WithoutCancel(ctx), u); err != nil {
		return Upload{}, err
	}
	return u, nil
}
