package simulator

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

type uploadReply struct {
	status
	Type      string `json:"type"`
	MediaID   string `json:"media_id"`
	CreatedAt string `json:"created_at"` // unix seconds, as a string
}

// uploadMedia is media/upload (上传临时素材, path/90253).
func uploadMedia(c *call) reply {
	kind := c.query.Get("type")
	rule, ok := mediaRules[kind]
	if !ok || kind == pictureKind {
		return refuse(codeMediaType)
	}
	m, wrong := c.receive(kind, rule)
	if wrong != nil {
		return wrong
	}
	return c.shelve(m, c.app.corp.shelf)
}

// uploadByRobot is webhook/upload_media (path/91770). It looks at the file before the key, as
// captured answers show, and refuses a bad key otherwise than webhook/send does.
func uploadByRobot(c *call) reply {
	kind := c.query.Get("type")
	rule, ok := mediaRules[kind]
	if !ok || kind != "file" && kind != "voice" {
		return refuse(codeMediaType)
	}
	m, wrong := c.receive(kind, rule)
	switch {
	case wrong != nil:
		return wrong
	case c.robot == nil:
		return invalidParam("key")
	case c.robot.disabled:
		return refuse(codeRobotDisabled)
	}
	return c.shelve(m, robotShelf(c.robot.key))
}

// shelve keeps m and answers with its new id.
func (c *call) shelve(m *medium, shelf string) reply {
	m.shelf, m.created = shelf, c.now()
	c.sim.media.keep(m)
	return &uploadReply{status{0, "ok"}, m.kind, m.id, strconv.FormatInt(m.created.Unix(), 10)}
}

type pictureReply struct {
	status
	URL string `json:"url"`
}

// uploadPicture is media/uploadimg (上传图片, path/90256). The URL it answers is one of the simulator.
func uploadPicture(c *call) reply {
	const perDay = 1000
	m, wrong := c.receive(pictureKind, mediaRules[pictureKind])
	if wrong != nil {
		return wrong
	}
	if m.created = c.now(); !c.app.corp.ledger.pictures.take(m.created, 1, perDay, 24*time.Hour) {
		return refuse(codeRateLimited)
	}
	m.shelf = c.app.corp.shelf
	c.sim.media.keep(m)
	return &pictureReply{status{0, "ok"}, c.base() + controlRoot + "images?id=" + url.QueryEscape(m.id)}
}

// base is the address under which the caller reached the simulator.
func (c *call) base() string {
	scheme, path := "http://", c.request.URL.Path
	if c.request.TLS != nil {
		scheme = "https://"
	}
	if asked, err := url.ParseRequestURI(c.request.RequestURI); err == nil {
		path = asked.Path
	}
	prefix, _, _ := strings.Cut(path, apiRoot)
	return scheme + c.request.Host + prefix
}

// receive reads the part "media" of a multipart form, and no more of it than the rule allows.
func (c *call) receive(kind string, rule mediaRule) (*medium, *status) {
	// A client that is still writing must not find the connection closed before it reads the answer.
	const patience = 64 << 20
	defer io.CopyN(io.Discard, c.request.Body, patience)

	form, err := c.request.MultipartReader()
	if err != nil {
		return nil, refuse(codeEmptyMedia)
	}
	for {
		part, err := form.NextPart()
		if err != nil {
			return nil, refuse(codeEmptyMedia)
		}
		if part.FormName() != "media" || part.FileName() == "" {
			continue
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(io.LimitReader(part, int64(rule.most)+1)); err != nil {
			return nil, refuse(codeEmptyMedia) // it breaks off: the client is gone, or its form is no form
		}
		contentType, errcode := rule.judge(b.Bytes())
		if errcode != 0 {
			return nil, refuse(errcode)
		}
		return &medium{kind: kind, name: part.FileName(), contentType: contentType, data: b.Bytes()}, nil
	}
}

// getMedia is media/get (获取临时素材, path/90254).
func getMedia(c *call) reply {
	id := c.query.Get("media_id")
	if id == "" {
		return refuse(codeMediaIDMissing)
	}
	m := c.sim.media.find(c.app.corp.shelf, id, c.now())
	if m == nil || m.kind == pictureKind {
		return refuse(codeInvalidMediaID)
	}
	if len(m.data) > maxPiece && rangeSize(c.request.Header.Get("Range"), len(m.data)) > maxPiece {
		return refuse(codeRangeTooLarge)
	}
	return &download{medium: m}
}

// getVoice is media/get/jssdk (path/90255). Voices recorded in the JS-SDK do not exist here, and it
// knows no others.
func getVoice(c *call) reply {
	if c.query.Get("media_id") == "" {
		return refuse(codeMediaIDMissing)
	}
	return refuse(codeInvalidMediaID)
}

// maxPiece is how much of a file one media/get may fetch.
const maxPiece = 20 << 20

// rangeSize is how much of size bytes a Range header asks for: all of them when it makes no sense.
func rangeSize(header string, size int) int {
	first, last, ok := strings.Cut(strings.TrimPrefix(header, "bytes="), "-")
	from, errFrom := strconv.Atoi(strings.TrimSpace(first))
	to, errTo := strconv.Atoi(strings.TrimSpace(last))
	switch {
	case !ok:
		return size
	case errFrom == nil && errTo == nil:
		return min(to, size-1) - from + 1
	case errFrom == nil && last == "":
		return size - from
	case errTo == nil && first == "":
		return min(to, size)
	}
	return size
}

// download is a file as an answer.
type download struct {
	status
	medium *medium
}

func (d *download) write(w http.ResponseWriter, r *http.Request) {
	d.medium.serve(w, r, "attachment")
}

// serve writes the file, or the part of it that r asks for.
func (m *medium) serve(w http.ResponseWriter, r *http.Request, disposition string) {
	h := w.Header()
	h.Set("Content-Type", m.contentType)
	h.Set("Content-Disposition", disposition+`; filename="`+strings.ReplaceAll(headerText(m.name), `"`, "_")+`"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'") // it is opened from the inbox page, on whose origin it is
	http.ServeContent(w, r, "", time.Time{}, m.reader())
}
