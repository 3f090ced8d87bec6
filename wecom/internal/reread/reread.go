// Package reread makes bodies of requests that can be made again, of a file that is read while it is
// sent.
package reread

import (
	"errors"
	"io"
	"sync"
)

// File is a file that one request after another reads from its start. A transport may hold the body of
// a request for a while after its answer, and all bodies read the same file; so each ends the one
// before.
type File struct {
	Open func() (io.ReadCloser, error) // opens it at its start

	mu      sync.Mutex
	current *body
}

// Start returns the body of the next request: what wrap makes of the file, or with nil the file itself.
func (f *File) Start(wrap func(io.Reader) io.Reader) (io.ReadCloser, error) {
	f.Close()
	file, err := f.Open()
	if err != nil {
		return nil, err
	}
	b := &body{r: file, file: file}
	if wrap != nil {
		b.r = wrap(file)
	}
	f.mu.Lock()
	f.current = b
	f.mu.Unlock()
	return b, nil
}

// Close ends the reading of the file, whoever still does it.
func (f *File) Close() {
	f.mu.Lock()
	b := f.current
	f.current = nil
	f.mu.Unlock()
	if b != nil {
		_ = b.Close()
	}
}

// body is a file that is being read. After Close nobody touches it.
type body struct {
	mu     sync.Mutex
	r      io.Reader
	file   io.Closer
	closed bool
}

var errClosed = errors.New("the upload has ended")

func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, errClosed
	}
	return b.r.Read(p)
}

func (b *body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	return b.file.Close()
}
