package httpapi

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/hongyan-im/hongyan/internal/media"
	"github.com/hongyan-im/hongyan/wecom"
)

const (
	mediaField = "media" // of a form, as WeCom calls it
	maxForm    = 64 << 10
	// leastRate is how many bytes a second an upload brings on the whole, after its first bodyTimeout: a
	// file of 20 MB has 22 minutes. Who sends a byte now and then does not keep a connection for ever.
	leastRate = 16 << 10
	// answerTimeout is what the client of a long upload has to take the answer.
	answerTimeout = 30 * time.Second
	// maxDrain is how much of a body is read that is refused: a client that is still writing would find
	// the connection closed before it reads why.
	maxDrain = 32 << 20
)

// upload is a body that may take its time. Its time-out follows what arrives.
type upload struct {
	caller   *caller
	began    time.Time
	received int64
	control  *http.ResponseController
}

func newUpload(c *caller) *upload {
	return &upload{caller: c, began: time.Now(), control: http.NewResponseController(c.writer)}
}

func (u *upload) Read(p []byte) (int, error) {
	_ = u.control.SetReadDeadline(u.deadline(time.Now()))
	n, err := u.caller.request.Body.Read(p)
	u.received += int64(n)
	return n, err
}

// deadline is when the next bytes must be there.
func (u *upload) deadline(now time.Time) time.Time {
	pause := now.Add(bodyTimeout)
	if whole := u.began.Add(bodyTimeout + time.Duration(u.received)*time.Second/leastRate); whole.Before(pause) {
		return whole
	}
	return pause
}

// end makes the connection ready for the answer. With an error, the rest of the body is passed over.
func (u *upload) end(err error) {
	var broken *media.BodyError
	switch r := u.caller.request; {
	case err == nil, errors.As(err, &broken) && !isFault(broken.Err):
	case u.received == 0 && (r.Header.Get("Expect") != "" || r.ContentLength > maxDrain):
		// The client waits to be told to go on, or has more than is worth waiting for.
	default:
		_, _ = io.CopyN(io.Discard, u, maxDrain)
	}
	if err == nil {
		u.caller.untimed()
	} // else net/http would read the rest of the body without a time-out
	_ = u.control.SetWriteDeadline(time.Now().Add(answerTimeout))
}

func isFault(err error) bool {
	var f *fault
	return errors.As(err, &f)
}

func isForm(contentType string) bool {
	kind, _, _ := mime.ParseMediaType(contentType)
	return kind == "multipart/form-data"
}

// formFile finds the file in a form, which has nothing else in it.
func formFile(r *http.Request, body io.Reader) (file io.Reader, name string, err error) {
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return nil, "", wrongForm("Content-Type", wecom.Malformed, "a form has a boundary in it")
	}
	form := multipart.NewReader(body, params["boundary"])
	part, err := form.NextPart()
	switch {
	case err == io.EOF:
		return nil, "", wrongForm(mediaField, wecom.Missing, "the form has no file in it, or breaks off before it")
	case err != nil:
		return nil, "", &media.BodyError{Err: err}
	case part.FormName() != mediaField:
		return nil, "", unknownPart(part)
	}
	return &onlyPart{form, part}, part.FileName(), nil
}

// onlyPart reads a part that must be the last one: a form that breaks off after it is no whole one.
type onlyPart struct {
	form *multipart.Reader
	part *multipart.Part
}

func (o *onlyPart) Read(p []byte) (int, error) {
	n, err := o.part.Read(p)
	if err != io.EOF {
		return n, err
	}
	switch next, wrong := o.form.NextPart(); {
	case wrong == nil:
		err = unknownPart(next)
	case wrong != io.EOF:
		err = wrong
	}
	return n, err
}

func unknownPart(part *multipart.Part) error {
	return wrongForm(shown(part.FormName()), wecom.NotKnown, fmt.Sprintf("the form has one file, in its field %s; type and name are query parameters", mediaField))
}

func wrongForm(field string, problem wecom.Problem, detail string) error {
	return &fault{is: problemInvalid, fields: []*wecom.FieldError{{Field: field, Problem: problem, Detail: detail}}}
}
