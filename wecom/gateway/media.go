package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/internal/reread"
)

const mediaPath = "/v1/media"

// Media is a file that the gateway keeps. Its ID stands in messages wherever WeCom has a media id.
type Media struct {
	ID   string          `json:"id"` // "media_…"
	Type wecom.MediaType `json:"type"`
	Name string          `json:"name"` // as readers of a wecom.MediaFile see it
	Size int64           `json:"size"` // bytes
	// Expires is until when it is kept at least; every message that names it moves this on. Zero: for ever.
	Expires time.Time `json:"expires"`
}

// Upload has the gateway keep a file, for messages of any of its apps and robots: it uploads the file to
// WeCom when a message needs it. kind may be "", which means what the content says; name is required for
// a [wecom.MediaFile]. The same file has the same id, so an upload can be repeated.
//
// To send a file once it is easier to give it to the body, as by [wecom.FileFile]: see [Client.Send].
//
// An io.Seeker, such as an *os.File or a *bytes.Reader, is read from where it stands while it is sent,
// and never held; anything else is read into memory first, at most 20 MB of it. The errors are those of
// Send that say that nothing is stored.
func (c *Client) Upload(ctx context.Context, kind wecom.MediaType, name string, r io.Reader) (Media, error) {
	file, size, err := rewindable(r)
	if err != nil {
		return Media{}, &wecom.ValidationError{Fields: []*wecom.FieldError{{Field: "media", Problem: wecom.Missing, Detail: err.Error(), Err: err}}}
	}
	return c.upload(ctx, kind, name, size, file)
}

// leastRate is the least speed of an upload that is waited for, in bytes a second.
const leastRate = 16 << 10

func (c *Client) upload(ctx context.Context, kind wecom.MediaType, name string, size int64, open func() (io.ReadCloser, error)) (Media, error) {
	query := url.Values{}
	if kind != "" {
		query.Set("type", string(kind))
	}
	if name != "" {
		query.Set("name", name)
	}
	r := &request{
		op: "media/upload", method: http.MethodPost, path: mediaPath, query: query,
		file: &upload{File: reread.File{Open: open}, size: size}, wait: time.Duration(size) * time.Second / leastRate,
	}
	defer r.file.Close()
	var m Media
	if _, err := c.call(ctx, r, &m); err != nil {
		return Media{}, err
	}
	if m.ID == "" {
		return Media{}, c.broken(r, http.StatusCreated, true, errors.New("the answer has no id"))
	}
	return m, nil
}

// Media tells of a file that was uploaded. One that the gateway does not have (any more) is a *[Problem].
func (c *Client) Media(ctx context.Context, id string) (Media, error) {
	var m Media
	_, err := c.call(ctx, &request{op: "media", method: http.MethodGet, path: mediaPath + "/" + url.PathEscape(id)}, &m)
	return m, err
}

// attached uploads the file that a letter brings along, and returns the letter that names it. known are
// those that were uploaded already.
func (c *Client) attached(ctx context.Context, l Letter, known map[wecom.Attachment]string) (Letter, error) {
	file, ok := wecom.AttachmentOf(bodyOf(l))
	if !ok {
		return l, nil
	}
	id := known[file]
	if id == "" {
		first, size, err := file.Open()
		if err != nil {
			return nil, err
		}
		open := func() (io.ReadCloser, error) {
			if opened := first; opened != nil {
				first = nil
				return opened, nil
			}
			again, _, err := file.Open()
			return again, err
		}
		m, err := c.upload(ctx, file.Type, file.Name, size, open)
		if err != nil {
			return nil, err
		}
		if id = m.ID; known != nil {
			known[file] = id
		}
	}
	switch m := l.(type) {
	case wecom.Message:
		m.Body = wecom.WithMediaID(m.Body, id)
		return m, nil
	case wecom.ChatMessage:
		m.Body = wecom.WithMediaID(m.Body, id)
		return m, nil
	case wecom.RobotMessage:
		m.Body = wecom.WithMediaID(m.Body, id)
		return m, nil
	}
	return l, nil
}

// rewindable is r as something that can be read twice, from where it stands, and how much follows.
func rewindable(r io.Reader) (open func() (io.ReadCloser, error), size int64, err error) {
	if s, ok := r.(io.ReadSeeker); ok {
		if start, err := s.Seek(0, io.SeekCurrent); err == nil { // a pipe is a Seeker that cannot
			end, err := s.Seek(0, io.SeekEnd)
			return func() (io.ReadCloser, error) {
				_, err := s.Seek(start, io.SeekStart)
				return io.NopCloser(s), err
			}, max(end-start, 0), err
		}
	}
	data, err := io.ReadAll(io.LimitReader(r, wecom.MediaFile.MaxBytes()+1))
	if err != nil {
		return nil, 0, err
	}
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }, int64(len(data)), nil
}

// upload is a file that is the body of a request.
type upload struct {
	reread.File
	size int64
}

// body returns the file from its start, and ends the body before.
func (u *upload) body() (io.ReadCloser, error) { return u.Start(nil) }
