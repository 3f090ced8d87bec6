package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	opUpload      = "media/upload"
	opUploadImage = "media/uploadimg"
)

// Uploaded is WeCom's answer to an upload.
type Uploaded struct {
	// MediaID names the file for 3 days, in messages of any app of the corp; what a robot uploaded,
	// only in its own.
	MediaID   string
	Type      MediaType
	CreatedAt time.Time // by WeCom's clock, in whole seconds; zero if it did not say
}

type uploadAnswer struct {
	status
	Type      string      `json:"type"`
	MediaID   string      `json:"media_id"`
	CreatedAt unixSeconds `json:"created_at"`
}

func (a *uploadAnswer) complete() bool { return a.MediaID != "" }

func (a *uploadAnswer) uploaded() Uploaded {
	return Uploaded{MediaID: a.MediaID, Type: MediaType(a.Type), CreatedAt: a.CreatedAt.time()}
}

// unixSeconds is a time that WeCom writes as a string of digits, here and there as a number.
type unixSeconds string

func (u *unixSeconds) UnmarshalJSON(data []byte) error {
	return (*lenientInt)(u).UnmarshalJSON(data)
}

func (u unixSeconds) time() time.Time {
	seconds, err := json.Number(u).Int64()
	if err != nil || seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

// Upload uploads a file for use in messages within 3 days (path/90253). Readers of a [MediaFile]
// see the name. To send a file it is easier to give it to a body ([ImageFile], [FileBytes] and so
// on): [Client.Send] then uploads what it has not uploaded before.
//
// An io.Seeker, such as an *os.File or a *bytes.Reader, is read from where it stands while it is
// sent, and never held in memory; anything else is read into memory first. Size and format are
// checked before that: the limits are with the types. The errors are those of [Client.Send].
func (c *Client) Upload(ctx context.Context, kind MediaType, name string, r io.Reader) (Uploaded, error) {
	rule, err := kind.rule()
	if err != nil {
		return Uploaded{}, err
	}
	f, err := fromReader(kind, string(kind), rule, name, r)
	if err != nil {
		return Uploaded{}, err
	}
	return c.uploadForm(ctx, kind, f.form())
}

func (c *Client) uploadForm(ctx context.Context, kind MediaType, f *form) (Uploaded, error) {
	var a uploadAnswer
	err := c.call(ctx, &request{method: http.MethodPost, op: opUpload, query: "type=" + string(kind), form: f, answer: &a})
	return c.uploaded(opUpload, &a, err)
}

// uploaded returns the answer to an upload.
func (c *caller) uploaded(op string, a *uploadAnswer, err error) (Uploaded, error) {
	if err != nil {
		return Uploaded{}, err
	}
	if a.MediaID == "" {
		return Uploaded{}, c.transportError(op, http.StatusOK, true, errors.New("the answer has no media_id"))
	}
	return a.uploaded(), nil
}

type imageAnswer struct {
	status
	URL string `json:"url"`
}

func (a *imageAnswer) complete() bool { return a.URL != "" }

// UploadImage uploads a picture, JPG or PNG of at most 2 MB, and returns an address that lasts
// (path/90256). It is shown inside WeCom alone, in the HTML of an mpnews for example. A corp may
// upload 1000 a day and 3000 a month. For r see [Client.Upload].
func (c *Client) UploadImage(ctx context.Context, name string, r io.Reader) (string, error) {
	f, err := fromReader(MediaImage, "picture", pictureRule, name, r)
	if err != nil {
		return "", err
	}
	var a imageAnswer
	err = c.call(ctx, &request{method: http.MethodPost, op: opUploadImage, form: f.form(), answer: &a})
	if err == nil && a.URL == "" {
		err = c.transportError(opUploadImage, http.StatusOK, true, errors.New("the answer has no url"))
	}
	return a.URL, err
}
