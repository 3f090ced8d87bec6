package media

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/hongyan-im/hongyan/wecom"
)

// unfinished is how the names of files end that are being written.
const unfinished = ".part"

// New is a file that is to be kept.
type New struct {
	Type wecom.MediaType // "" means what its content says: see wecom.MediaTypeOf
	Name string          // required for a wecom.MediaFile; see MaxName
	Body io.Reader
	// Size is how many bytes Body has, or -1 if that is not known. It is used to refuse early, and told.
	Size int64
}

// MaxName is how long the name of a file may be, in bytes.
const MaxName = 255

// BodyError is an error of New.Body: the program that uploads broke off, or is too slow.
type BodyError struct{ Err error }

// Error is the text of the cause.
func (e *BodyError) Error() string { return "the upload broke off: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *BodyError) Unwrap() error { return e.Err }

// Put keeps a file: when it returns, the file survives the end of the process and of the machine. The
// same type, name and content have the same id, whoever uploads and however often. Body is read while
// it is written, and never held; with an error nothing of it is left.
//
// The errors are *wecom.ValidationError, with the fields "type", "filename" and "media"; *[BodyError];
// and those that wrap delivery.ErrStorage.
func (l *Library) Put(ctx context.Context, n New) (Info, error) {
	body := &source{r: n.Body}
	head := make([]byte, wecom.MediaHeadBytes)
	had, err := io.ReadFull(body, head)
	if head = head[:had]; body.err != nil {
		return Info{}, body.err
	}
	if n.Type == "" {
		n.Type = wecom.MediaTypeOf(head)
	}
	size := n.Size
	if err != nil { // that was all of it
		size = int64(had)
	} else if size < int64(had) {
		size = int64(had)
	}
	if err := check(n.Type, n.Name, size, head); err != nil {
		return Info{}, err
	}
	m := Info{Type: n.Type, Name: n.Name}
	part, sum, err := l.write(&m, head, body)
	if err == nil {
		err = check(n.Type, n.Name, m.Size, head)
		var wrong *wecom.FieldError
		if errors.As(err, &wrong) && wrong.Problem == wecom.TooLong && n.Size < 0 {
			wrong.Detail = "perhaps more, which was not read"
		}
	}
	if err != nil {
		if part != "" {
			_ = os.Remove(part)
		}
		return Info{}, err
	}
	m.ID = idOf(m.Type, m.Name, sum)
	return l.shelve(ctx, m, part)
}

// check says what is wrong with a file.
func check(kind wecom.MediaType, name string, size int64, head []byte) error {
	given := name
	if kind != wecom.MediaFile && name == "" {
		given = string(kind) // nobody sees it
	}
	if len(name) > MaxName {
		return &wecom.ValidationError{Fields: []*wecom.FieldError{{Field: "filename", Problem: wecom.TooLong, Limit: MaxName, Given: len(name), Unit: wecom.Bytes}}}
	}
	return kind.Check(given, size, head)
}

// write writes the body to a file of its own, of which it returns the path and the SHA-256. It reads no
// more than a byte beyond the limit.
func (l *Library) write(m *Info, head []byte, body *source) (path string, sum []byte, err error) {
	file, err := os.CreateTemp(l.Dir, "*"+unfinished) // readable for its owner alone
	if err != nil {
		return "", nil, storageError(err)
	}
	path = file.Name()
	digest := sha256.New()
	out := io.MultiWriter(file, digest)
	_, err = out.Write(head)
	m.Size = int64(len(head))
	if err == nil {
		var n int64
		n, err = io.Copy(out, io.LimitReader(body, m.Type.MaxBytes()+1-m.Size))
		m.Size += n
	}
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	switch {
	case body.err != nil:
		return path, nil, body.err
	case err != nil:
		return path, nil, storageError(err)
	}
	return path, digest.Sum(nil), nil
}

// shelve gives a file that was written its place, and tells the store of it: in this order, so that the
// store never knows of a file that is not there. What is there and is not known is removed by Prune.
func (l *Library) shelve(ctx context.Context, m Info, part string) (Info, error) {
	l.place.Lock()
	defer l.place.Unlock()
	place := filepath.Join(l.Dir, m.ID)
	if err := os.Rename(part, place); err != nil {
		_ = os.Remove(part)
		// Windows replaces no file that is being read; this one is the same.
		if there, gone := os.Stat(place); gone != nil || there.Size() != m.Size {
			return Info{}, storageError(err)
		}
	}
	err := syncDir(l.Dir)
	if err != nil {
		err = storageError(err)
	} else {
		m.Created = l.Now()
		m.Used = m.Created
		// Whether it is known must be known before the file is looked at again, also when the program has gone.
		m, err = l.Store.AddMedia(context.WithoutCancel(ctx), m)
	}
	if err != nil {
		l.mu.Lock()
		l.swept = false // if nobody knows the file, Prune removes it
		l.mu.Unlock()
		return Info{}, err
	}
	return m, nil
}

// source remembers what went wrong with the body, to tell it from what goes wrong with the disk.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = &BodyError{err}
	}
	return n, err
}
