package simulator

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// jobs are the asynchronous uploads (异步上传临时素材, path/96219), by jobid.
type jobs struct {
	mu    sync.Mutex
	byID  map[string]*job
	order []string // oldest first
}

type job struct {
	corpID  string
	started time.Time
	errcode int
	medium  *medium // nil when it failed
}

const (
	jobLife       = 60 * time.Minute
	maxJobs       = 1000
	maxByURL      = 200 << 20
	jobDone       = 2
	jobFailed     = 3
	fetchPatience = 10 * time.Second
)

func (js *jobs) add(j *job) (id string) {
	var b [24]byte
	rand.Read(b[:])
	id = hex.EncodeToString(b[:])
	js.mu.Lock()
	defer js.mu.Unlock()
	if js.byID == nil {
		js.byID = map[string]*job{}
	}
	js.byID[id] = j
	if js.order = append(js.order, id); len(js.order) > maxJobs {
		delete(js.byID, js.order[0])
		js.order = js.order[1:]
	}
	return id
}

// find is nil when the corp has no such job, or when it is more than an hour old.
func (js *jobs) find(id, corpID string, now time.Time) *job {
	js.mu.Lock()
	defer js.mu.Unlock()
	j := js.byID[id]
	if j == nil || j.corpID != corpID || !now.Before(j.started.Add(jobLife)) {
		return nil
	}
	return j
}

func (js *jobs) clear() {
	js.mu.Lock()
	defer js.mu.Unlock()
	js.byID, js.order = nil, nil
}

type jobReply struct {
	status
	JobID string `json:"jobid"`
}

// uploadByURL is media/upload_by_url. The job is done before the answer, so that nobody waits.
func uploadByURL(c *call, o *object) reply {
	scene, _ := o.number("scene")
	kind, name, address, digest := o.text("type"), o.text("filename"), o.text("url"), o.text("md5")
	switch {
	case scene != 1:
		return invalidParam("scene")
	case kind != "video" && kind != "file":
		return invalidParam("type")
	case name == "" || len(name) > 128:
		return invalidParam("filename")
	case address == "" || len(address) > 1024:
		return invalidParam("url")
	case len(digest) != 2*md5.Size:
		return invalidParam("md5")
	}
	j := &job{corpID: c.app.corp.id, started: c.now()}
	m := &medium{shelf: c.app.corp.shelf, kind: kind, name: name, created: j.started, byURL: true}
	if j.errcode = m.fetch(c.request.Context(), address, digest); j.errcode == 0 {
		c.sim.media.keep(m)
		j.medium = m
	}
	id := c.sim.jobs.add(j)
	c.sim.tellJobFinished(c.app, id)
	return &jobReply{status{0, "ok"}, id}
}

// fetch downloads the file. The simulator goes nowhere but to this machine.
func (m *medium) fetch(ctx context.Context, address, digest string) (errcode int) {
	ctx, cancel := context.WithTimeout(ctx, fetchPatience)
	defer cancel()
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !isLoopback(u.Hostname()) {
		return codeDownloadFailed
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return codeDownloadFailed
	}
	request.Header.Set("Range", "bytes=0-")
	answer, err := straight.Do(request)
	if err != nil {
		return codeDownloadFailed
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusPartialContent:
	case http.StatusOK:
		return codeURLWithoutRange
	default:
		return codeDownloadFailed
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(io.LimitReader(answer.Body, maxByURL+1)); err != nil {
		return codeDownloadFailed
	}
	m.data = b.Bytes()
	sum := md5.Sum(m.data)
	switch {
	case len(m.data) < leastMedia || len(m.data) > maxByURL:
		return codeMediaTooLarge
	case hex.EncodeToString(sum[:]) != strings.ToLower(digest):
		return codeMediaMD5
	}
	if m.contentType = mediaRules[m.kind].contentType(m.data); m.contentType == "" {
		return codeFileType
	}
	return 0
}

// straight makes requests that no proxy sees and no redirect leads elsewhere.
var straight = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// isLoopback takes a host without port. A name is loopback only as localhost: what others resolve to
// is known too late.
func isLoopback(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().IsLoopback()
	}
	return strings.EqualFold(host, "localhost")
}

type jobResultReply struct {
	status
	State  int       `json:"status"`
	Detail jobDetail `json:"detail"`
}

type jobDetail struct {
	status
	MediaID   string `json:"media_id"`
	CreatedAt string `json:"created_at"`
}

// getUploadResult is media/get_upload_by_url_result.
func getUploadResult(c *call, o *object) reply {
	j := c.sim.jobs.find(o.text("jobid"), c.app.corp.id, c.now())
	if j == nil {
		return invalidParam("jobid")
	}
	answer := &jobResultReply{status: status{0, "ok"}, State: jobFailed, Detail: jobDetail{status: *refuse(j.errcode)}}
	if j.medium != nil {
		answer.State = jobDone
		answer.Detail = jobDetail{status{0, "ok"}, j.medium.id, strconv.FormatInt(j.medium.created.Unix(), 10)}
	}
	return answer
}
