package wecom

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// source is a file that a body brings along in place of a media id.
type source struct {
	kind MediaType
	name string // as readers see it
	path string // where it is; "" if it is in data
	data []byte
	sum  func() []byte // of data, computed once
}

func fileSource(kind MediaType, path string) *source {
	return &source{kind: kind, name: filepath.Base(path), path: path}
}

func bytesSource(kind MediaType, name string, data []byte) *source {
	return &source{kind: kind, name: name, data: data, sum: sync.OnceValue(func() []byte {
		sum := sha256.Sum256(data)
		return sum[:]
	})}
}

// label is what errors call the file.
func (s *source) label() string {
	if s.path != "" {
		return s.path
	}
	return s.name
}

// check adds what is wrong with a file in memory. One on disk is looked at when it is sent.
func (s *source) check(c *checker) {
	rule, err := s.kind.rule()
	if err != nil || s.path != "" {
		return
	}
	wrong := checkName(s.name)
	if wrong == nil {
		wrong = rule.check(int64(len(s.data)), s.data[:min(len(s.data), magicBytes)])
	}
	if wrong != nil {
		wrong.Field = string(s.kind) + "." + wrong.Field
		c.add(*wrong)
	}
}

// inspected is a file that may be uploaded.
type inspected struct {
	kind MediaType
	name string
	size int64
	sum  []byte // SHA-256
	open func() (io.ReadCloser, error)
}

func (f *inspected) form() *form { return newForm(f.name, f.size, f.sum, f.open) }

// inspect looks at the file: whether WeCom would take it, and its SHA-256. A file on disk is read
// through, and once more when it is uploaded, so that it need not fit into memory.
func (s *source) inspect(rule mediaRule) (*inspected, error) {
	refuse := func(wrong *FieldError) error { return mediaError(string(s.kind), s.label(), wrong) }
	if wrong := checkName(s.name); wrong != nil {
		return nil, refuse(wrong)
	}
	if s.path == "" {
		head := s.data[:min(len(s.data), magicBytes)]
		if wrong := rule.check(int64(len(s.data)), head); wrong != nil {
			return nil, refuse(wrong)
		}
		return &inspected{s.kind, rule.sendName(s.name, head), int64(len(s.data)), s.sum(), s.open}, nil
	}
	file, size, err := openRegular(s.path)
	if err != nil {
		return nil, unreadable(string(s.kind), s.label(), bare(err))
	}
	defer file.Close()
	var buf [magicBytes]byte
	head := buf[:min(size, magicBytes)]
	if _, err := file.ReadAt(head, 0); err != nil {
		return nil, unreadable(string(s.kind), s.label(), bare(err))
	}
	if wrong := rule.check(size, head); wrong != nil {
		return nil, refuse(wrong)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return nil, unreadable(string(s.kind), s.label(), bare(err))
	}
	return &inspected{s.kind, rule.sendName(s.name, head), size, sum.Sum(nil), s.open}, nil
}

func (s *source) open() (io.ReadCloser, error) {
	if s.path == "" {
		return io.NopCloser(bytes.NewReader(s.data)), nil
	}
	file, _, err := openRegular(s.path)
	if err != nil {
		return nil, err
	}
	return file, nil
}

// openRegular opens a file and returns its size. Anything but a regular file is refused, before it is
// opened: to open a named pipe waits for a writer, and no context ends that.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err == nil {
		err = refuseIrregular(info)
	}
	if err != nil {
		return nil, 0, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err = file.Stat() // another may stand there by now
	if err == nil {
		err = refuseIrregular(info)
	}
	if err != nil {
		_ = file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}

func refuseIrregular(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return errors.New("it is a directory")
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file")
	}
	return nil
}

// bare takes the path off an error that will be told with it.
func bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// fromReader looks at what is to be uploaded from r, starting where r stands. A Seeker is read when
// it is sent; anything else is read into memory first, since its length must be known and a dead
// token makes it necessary to send it twice.
func fromReader(kind MediaType, label string, rule mediaRule, name string, r io.Reader) (*inspected, error) {
	if wrong := checkName(name); wrong != nil {
		return nil, mediaError(label, name, wrong)
	}
	seeker, start, size, err := rewindable(r, rule.most)
	if err != nil {
		return nil, unreadable(label, name, bare(err))
	}
	if size > rule.most {
		return nil, mediaError(label, name, rule.check(size, nil))
	}
	var buf [magicBytes]byte
	n, err := io.ReadFull(seeker, buf[:min(size, magicBytes)])
	if err != nil {
		return nil, unreadable(label, name, bare(err))
	}
	if wrong := rule.check(size, buf[:n]); wrong != nil {
		return nil, mediaError(label, name, wrong)
	}
	return &inspected{kind: kind, name: rule.sendName(name, buf[:n]), size: size, open: func() (io.ReadCloser, error) {
		_, err := seeker.Seek(start, io.SeekStart)
		return io.NopCloser(seeker), err
	}}, nil
}

// rewindable returns r as something that can be read twice, where it stands, and how much follows.
func rewindable(r io.Reader, most int64) (s io.ReadSeeker, start, size int64, err error) {
	if file, ok := r.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return nil, 0, 0, errors.New("it is a directory")
		}
	}
	if s, ok := r.(io.ReadSeeker); ok {
		if start, err := s.Seek(0, io.SeekCurrent); err == nil { // a pipe is a Seeker that cannot
			end, err := s.Seek(0, io.SeekEnd)
			if err == nil {
				_, err = s.Seek(start, io.SeekStart)
			}
			return s, start, max(end-start, 0), err
		}
	}
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, 0, 0, fmt.Errorf("after %d bytes: %w", len(data), err)
	}
	return bytes.NewReader(data), 0, int64(len(data)), nil
}
