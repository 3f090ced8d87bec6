package wecom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	opDownload   = "media/get"
	opDownloadHD = "media/get/jssdk"

	pieceBytes          = 20 << 20 // what WeCom gives out at once
	codePieceTooLarge   = 830002
	maxDownloadAttempts = 3 // for one byte
)

// Media is a file that is being downloaded: an io.ReadCloser, to be read to its end and closed. It is
// fetched while it is read, in pieces of 20 MB if it is larger, and fetched further from where it
// broke off if the connection breaks. It is for one goroutine at a time.
type Media struct {
	Name        string // as it was uploaded, without any path; "" if WeCom does not say
	ContentType string // such as "image/png"
	Size        int64  // of the whole file, in bytes; -1 if WeCom does not say

	ctx      context.Context // of the whole download, as with the body of a http.Response
	patience *patience
	client   *Client
	request  *request
	body     io.ReadCloser // what is being read, or nil
	at       int64         // offset in the file of the next byte
	attempts int           // to get that byte
	err      error         // how it ended
}

// Download fetches a file that was uploaded within the last 3 days, or that came with a received
// message (path/90254). An unknown mediaID is an *[Error] with [CodeBadMediaID]. ctx lasts until the
// file is read; [Config.Timeout] bounds each pause.
func (c *Client) Download(ctx context.Context, mediaID string) (*Media, error) {
	return c.download(ctx, opDownload, mediaID, 0)
}

// DownloadFrom is [Client.Download] without the first bytes, of which the caller has that many
// already (path/90254).
func (c *Client) DownloadFrom(ctx context.Context, mediaID string, offset int64) (*Media, error) {
	if offset < 0 {
		return nil, invalid("download", FieldError{Field: "offset", Problem: Malformed, Detail: "it is negative"})
	}
	return c.download(ctx, opDownload, mediaID, offset)
}

// DownloadHDVoice fetches a recording that was made with uploadVoice of the JS-SDK (path/90255): Speex
// at 16 kHz, where [Client.Download] would give AMR.
func (c *Client) DownloadHDVoice(ctx context.Context, mediaID string) (*Media, error) {
	return c.download(ctx, opDownloadHD, mediaID, 0)
}

func (c *Client) download(ctx context.Context, op, mediaID string, offset int64) (*Media, error) {
	check := checker{of: "download"}
	check.text("media_id", mediaID, true, 0, Bytes, TooLong)
	if err := check.err(); err != nil {
		return nil, err
	}
	m := &Media{
		Size: -1, client: c, at: offset,
		request: &request{method: http.MethodGet, op: op, query: "media_id=" + url.QueryEscape(mediaID)},
	}
	m.ctx, m.patience = newPatience(ctx, c.timeout)
	err := m.open()
	if errors.Is(err, &Error{Code: codePieceTooLarge}) && m.request.ranges == "" {
		m.request.ranges = m.piece()
		err = m.open()
	}
	if err != nil {
		m.patience.end()
		return nil, err
	}
	return m, nil
}

// piece is the Range of the next piece.
func (m *Media) piece() string {
	last := m.at + pieceBytes - 1
	if m.Size >= 0 {
		last = min(last, m.Size-1)
	}
	return fmt.Sprintf("bytes=%d-%d", m.at, last)
}

// open asks for what comes next: at first for the whole file.
func (m *Media) open() error {
	if m.at > 0 {
		m.request.ranges = m.piece()
	}
	m.patience.renew()
	defer m.patience.pause()
	var resp *http.Response
	err := m.client.withToken(m.ctx, m.request, func() (err error) {
		resp, err = m.client.openFile(m.ctx, m.request)
		return err
	})
	if err != nil {
		return err
	}
	if err := m.begin(resp); err != nil {
		_ = resp.Body.Close()
		return m.client.transportError(m.request.op, resp.StatusCode, true, scrub(err, m.client.secret, m.request.hidden))
	}
	m.body = resp.Body
	return nil
}

// openFile returns the answer to a download, if that is a file.
func (c *caller) openFile(ctx context.Context, r *request) (_ *http.Response, err error) {
	if c.observer != nil { // of the answer's beginning: the reader takes its time for the rest
		began := time.Now()
		defer func() { c.observer.ObserveCall(CallEvent{Op: r.op, Took: time.Since(began), Err: err}) }()
	}
	out := outgoing{url: c.base}
	resp, err := c.open(ctx, r, &out)
	if err != nil || isFile(resp) {
		return resp, err
	}
	defer resp.Body.Close()
	r.answer = new(status)
	if err := c.read(resp, r, &out.answer); err != nil {
		return nil, err
	}
	return nil, c.transportError(r.op, resp.StatusCode, true, errors.New("the answer has no file in it"))
}

// isFile tells a file from WeCom's JSON, and from the page of something in between. A file may be
// JSON itself; it then has a name.
func isFile(resp *http.Response) bool {
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusPartialContent {
		return false
	}
	if code := resp.Header.Get("Error-Code"); code != "" && code != "0" {
		return false
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return resp.Header.Get("Content-Disposition") != "" ||
		kind != "application/json" && kind != "text/plain" && kind != "text/html" && kind != ""
}

// begin looks at the header of an answer, and makes its body begin at m.at.
func (m *Media) begin(resp *http.Response) error {
	size, skip := resp.ContentLength, m.at
	if resp.StatusCode == http.StatusPartialContent {
		header := resp.Header.Get("Content-Range")
		var first int64
		first, size = contentRange(header)
		switch skip = m.at - first; {
		case first < 0 || size < 0:
			return fmt.Errorf("got a part of the file, but not which: Content-Range is %.60q", header)
		case skip < 0:
			return fmt.Errorf("asked for the file from byte %d, got it from byte %d", m.at, first)
		}
	}
	if m.Size >= 0 && size != m.Size {
		return fmt.Errorf("the file had %d bytes and now has %d", m.Size, size)
	}
	m.Size = size
	m.ContentType = resp.Header.Get("Content-Type")
	m.Name = fileName(resp.Header.Get("Content-Disposition"))
	if skip > 0 { // Range was ignored
		if n, err := io.CopyN(io.Discard, renewing{resp.Body, m.patience}, skip); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("after %d bytes: %w", n, err)
		}
	}
	return nil
}

// renewing is a reader for which each piece that comes counts as movement.
type renewing struct {
	io.Reader
	patience *patience
}

func (r renewing) Read(p []byte) (int, error) {
	r.patience.renew()
	return r.Reader.Read(p)
}

// contentRange returns the first byte and the size that a Content-Range tells; -1 for what it does
// not.
func contentRange(header string) (first, size int64) {
	first, size = -1, -1
	span, total, _ := strings.Cut(strings.TrimPrefix(header, "bytes "), "/")
	from, _, _ := strings.Cut(span, "-")
	if n, err := strconv.ParseInt(from, 10, 64); err == nil {
		first = n
	}
	if n, err := strconv.ParseInt(total, 10, 64); err == nil && n >= 0 {
		size = n
	}
	return first, size
}

// fileName returns the name in a Content-Disposition without whatever path is in it.
func fileName(header string) string {
	_, params, err := mime.ParseMediaType(header)
	name := params["filename"]
	if err != nil { // a name in plain UTF-8, or without quotes
		_, rest, _ := strings.Cut(header, "filename=")
		name, _, _ = strings.Cut(rest, ";")
		name = strings.Trim(name, `" `)
	}
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	if name == "." || name == ".." {
		return ""
	}
	return name
}

// Read reads what comes next. Its errors are io.EOF at the end of the file, and those of
// [Client.Download].
func (m *Media) Read(p []byte) (int, error) {
	if len(p) == 0 { // nothing comes of it, and nothing says that the file is at its end
		return 0, m.err
	}
	for m.err == nil {
		if m.body == nil {
			if m.err = m.open(); m.err != nil {
				break
			}
		}
		m.patience.renew()
		n, err := m.body.Read(p)
		m.patience.pause()
		m.at += int64(n)
		if n > 0 {
			m.attempts = 0
			return n, nil // an error will come again
		}
		if err != nil {
			m.err = m.ended(err)
		}
	}
	return 0, m.err
}

// ended says what the end of a body is: of the file, or of a piece, after which the next is opened.
func (m *Media) ended(err error) error {
	if errors.Is(err, io.EOF) && (m.Size < 0 || m.at >= m.Size) {
		return io.EOF
	}
	_ = m.body.Close()
	m.body = nil
	m.attempts++
	whyEnded := endOf(m.ctx)
	switch {
	case whyEnded != nil:
		err = whyEnded
	case m.Size >= 0 && m.attempts < maxDownloadAttempts:
		return nil
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	err = fmt.Errorf("the file broke off after %d bytes: %w", m.at, err)
	return m.client.transportError(m.request.op, http.StatusOK, true, scrub(err, m.client.secret, m.request.hidden))
}

// Close ends the download. It must be called, also after an error of Read.
func (m *Media) Close() error {
	defer m.patience.end()
	if m.err == nil {
		m.err = errors.New("wecom: the media is closed")
	}
	if m.body == nil {
		return nil
	}
	return m.body.Close()
}

// String describes the file.
func (m *Media) String() string {
	return fmt.Sprintf("wecom.Media{Name:%q, ContentType:%q, Size:%d}", m.Name, m.ContentType, m.Size)
}
