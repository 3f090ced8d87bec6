package wecom

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"strconv"
	"strings"

	"github.com/hongyan-im/hongyan/wecom/internal/reread"
)

// form is the body of an upload: multipart, with one file in it. The file is read while it is sent,
// never held; its length is known, so that the request says it; and it can be read again, for
// another token or another connection.
type form struct {
	name       string
	boundary   string
	head, tail string
	size       int64 // of the file
	sum        []byte
	file       reread.File
	moved      func() // told at every read
}

// newForm returns the form that uploads size bytes of a file. If sum is not nil it is the SHA-256
// of the file: should it turn out to be another the request breaks off.
func newForm(name string, size int64, sum []byte, file func() (io.ReadCloser, error)) *form {
	boundary := rand.Text()
	head := "--" + boundary + "\r\n" +
		`Content-Disposition: form-data; name="` + mediaField + `"; filename="` + quoteName.Replace(name) +
		`"; filelength=` + strconv.FormatInt(size, 10) + "\r\n" +
		"Content-Type: application/octet-stream\r\n\r\n"
	return &form{
		name: name, boundary: boundary, head: head, tail: "\r\n--" + boundary + "--\r\n",
		size: size, sum: sum, file: reread.File{Open: file}, moved: func() {},
	}
}

// quoteName is how names go between quotes in a form; everything else stays UTF-8.
var quoteName = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func (f *form) contentType() string { return "multipart/form-data; boundary=" + f.boundary }

func (f *form) length() int64 { return int64(len(f.head)) + f.size + int64(len(f.tail)) }

// open returns the body from its start, and ends the one before.
func (f *form) open() (io.ReadCloser, error) {
	return f.file.Start(func(file io.Reader) io.Reader {
		part := &exactly{r: file, left: f.size}
		if f.sum != nil {
			part.sum, part.want = sha256.New(), f.sum
		}
		return &moving{io.MultiReader(strings.NewReader(f.head), part, strings.NewReader(f.tail)), f.moved}
	})
}

// close ends the reading of the file, whoever still does it.
func (f *form) close() { f.file.Close() }

// moving tells of every read.
type moving struct {
	r     io.Reader
	moved func()
}

func (m *moving) Read(p []byte) (int, error) {
	m.moved()
	return m.r.Read(p)
}

// errFileChanged says that a file is not what it was when it was looked at.
var errFileChanged = errors.New("the file changed while it was uploaded")

// exactly reads a file of known length, and perhaps known sum. It fails before the end of a file
// that is another one: its media id would be remembered for the wrong content.
type exactly struct {
	r    io.Reader
	left int64
	sum  hash.Hash
	want []byte
}

func (e *exactly) Read(p []byte) (int, error) {
	if e.left == 0 {
		if e.sum != nil && !bytes.Equal(e.sum.Sum(nil), e.want) {
			return 0, errFileChanged
		}
		return 0, io.EOF
	}
	n, err := e.r.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	if e.sum != nil {
		e.sum.Write(p[:n])
	}
	if errors.Is(err, io.EOF) {
		err = nil
		if e.left > 0 {
			err = errFileChanged
		}
	}
	return n, err
}
