package reread

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// file counts those that are open.
type file struct {
	io.Reader
	open *int
}

func (f file) Close() error {
	*f.open--
	return nil
}

func TestEachBodyEndsTheOneBefore(t *testing.T) {
	open := 0
	f := &File{Open: func() (io.ReadCloser, error) {
		open++
		return file{strings.NewReader("content"), &open}, nil
	}}
	first, err := f.Start(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(first, make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	second, err := f.Start(func(r io.Reader) io.Reader { return io.MultiReader(strings.NewReader("<"), r, strings.NewReader(">")) })
	if err != nil {
		t.Fatal(err)
	}
	if n, err := first.Read(make([]byte, 3)); n != 0 || !errors.Is(err, errClosed) {
		t.Errorf("the first one goes on: %d, %v", n, err)
	}
	if err := first.Close(); err != nil || open != 1 {
		t.Errorf("%d are open (%v)", open, err)
	}
	if text, err := io.ReadAll(second); string(text) != "<content>" || err != nil {
		t.Errorf("the second one reads %q, %v", text, err)
	}
	f.Close()
	f.Close()
	if _, err := second.Read(make([]byte, 1)); !errors.Is(err, errClosed) || open != 0 {
		t.Errorf("%d are open at the end, %v", open, err)
	}
}

func TestFileThatCannotBeOpened(t *testing.T) {
	gone := errors.New("gone")
	f := &File{Open: func() (io.ReadCloser, error) { return nil, gone }}
	if _, err := f.Start(nil); !errors.Is(err, gone) {
		t.Error(err)
	}
	f.Close()
}
