package httpapi

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/media"
	"github.com/hongyan-im/hongyan/wecom"
)

// MediaFiles keeps files for messages: *media.Library.
type MediaFiles interface {
	Put(ctx context.Context, n media.New) (media.Info, error)
	Info(ctx context.Context, id string) (media.Info, error)
	Expires(m media.Info) time.Time
}

const mediaPath = "/v1/media"

func (a *API) registerMedia() {
	register(a, operation{scope: access.Send, streams: true, Operation: huma.Operation{
		OperationID: "uploadMedia", Method: http.MethodPost, Path: mediaPath, Tags: []string{"Media"},
		Summary: "Upload a file for messages",
		Description: "The body is the file itself, or a form with the file in its field media. The id that is answered can stand wherever a message " +
			"has a media_id or a thumb_media_id, by any app or robot, as often as it is wanted: the gateway uploads the file to WeCom when a message needs it, " +
			"and again when the 3 days end for which WeCom keeps it. The same file has the same id, whoever uploads it and however often; " +
			"who knows the id may send the file.",
		DefaultStatus: http.StatusCreated,
		Errors:        []int{400, 408, 413, 422, 503}, RejectUnknownQueryParameters: true,
	}}, a.uploadMedia)
	// huma would read a body that it knew of into memory.
	a.huma.OpenAPI().Paths[mediaPath].Post.RequestBody = &huma.RequestBody{
		Required: true, Description: "At most 10 MB of an image or a video, 2 MB of a voice, 20 MB of a file; at least 6 bytes.",
		Content: map[string]*huma.MediaType{
			"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
			"multipart/form-data": {Schema: &huma.Schema{
				Type: huma.TypeObject, Required: []string{mediaField},
				Properties: map[string]*huma.Schema{mediaField: {Type: huma.TypeString, Format: "binary"}},
			}},
		},
	}
	register(a, operation{scope: access.Send, Operation: huma.Operation{
		OperationID: "getMedia", Method: http.MethodGet, Path: mediaPath + "/{id}", Tags: []string{"Media"},
		Summary:     "Find out whether a file is there",
		Description: "What is known of an uploaded file, and until when it is kept.",
		Errors:      []int{404, 503}, RejectUnknownQueryParameters: true,
	}}, a.getMedia)
}

// Media is an uploaded file.
type Media struct {
	ID      string `json:"id" doc:"Stands in messages wherever WeCom wants a media_id." example:"media_5y3kq…"`
	Type    string `json:"type" enum:"image,voice,video,file"`
	Name    string `json:"name,omitempty" doc:"What readers of a file see."`
	Size    int64  `json:"size" doc:"In bytes."`
	Expires string `json:"expires,omitempty" format:"date-time" doc:"Until when the file is kept at least. Every message that names it moves this on. Absent: for ever."`
}

func (a *API) showMedia(m media.Info) Media {
	return Media{ID: m.ID, Type: string(m.Type), Name: m.Name, Size: m.Size, Expires: stamp(a.Media.Expires(m))}
}

type uploadInput struct {
	Type string `query:"type" doc:"image (JPG or PNG), voice (AMR), video (MP4) or file. By default what the content says." example:"file"`
	Name string `query:"name" doc:"The name that readers of a file see, with its extension. By default that in the form." example:"report.xlsx"`
}

type uploadOutput struct {
	Location string `header:"Location" doc:"Where to ask for the file."`
	Body     Media
}

func (a *API) uploadMedia(ctx context.Context, c *caller, in *uploadInput) (*uploadOutput, error) {
	body := newUpload(c)
	m, err := a.receive(ctx, c, in, body)
	body.end(err)
	if err != nil {
		return nil, mediaFault(err)
	}
	return &uploadOutput{Location: mediaPath + "/" + m.ID, Body: a.showMedia(m)}, nil
}

func (a *API) receive(ctx context.Context, c *caller, in *uploadInput, body *upload) (media.Info, error) {
	kind := wecom.MediaType(in.Type)
	if most := wecom.MediaFile.MaxBytes() + maxForm; c.request.ContentLength > most {
		return media.Info{}, &wecom.ValidationError{Fields: []*wecom.FieldError{{
			Field: mediaField, Problem: wecom.TooLong, Unit: wecom.Bytes, Limit: int(wecom.MediaFile.MaxBytes()), Given: int(c.request.ContentLength),
		}}}
	}
	file := media.New{Type: kind, Name: in.Name, Body: body, Size: c.request.ContentLength}
	if isForm(c.request.Header.Get("Content-Type")) {
		part, name, err := formFile(c.request, body)
		if err != nil {
			return media.Info{}, err
		}
		if file.Body, file.Size = part, -1; file.Name == "" {
			file.Name = name
		}
	}
	return a.Media.Put(ctx, file)
}

// mediaFault says what is wrong with an upload.
func mediaFault(err error) error {
	var (
		broken  *media.BodyError
		late    net.Error
		invalid *wecom.ValidationError
	)
	switch {
	case errors.As(err, &late) && late.Timeout():
		return &fault{is: problemSlowBody}
	case errors.As(err, &broken):
		var f *fault
		if errors.As(broken.Err, &f) {
			return f
		}
		return &fault{is: problemUnreadable}
	case errors.As(err, &invalid):
		return fileFault(invalid.Fields)
	}
	return err
}

// fileFault says what is wrong with a file.
func fileFault(fields []*wecom.FieldError) *fault {
	f := &fault{is: problemInvalid}
	for _, wrong := range fields {
		named := *wrong
		if named.Field == "filename" {
			named.Field = "name"
		}
		f.fields = append(f.fields, &named)
		if named.Field != mediaField {
			continue
		}
		asFile := words{"make it smaller, or send it as a file: type=file takes any format and 20 MB", "请缩小文件，或作为文件发送：type=file 不限格式，最大 20 MB"}
		switch {
		case named.Problem == wecom.TooLong:
			f.is = problemTooLarge
			if f.hint = &asFile; named.Limit >= int(wecom.MediaFile.MaxBytes()) {
				f.hint = &words{"compress or split it, or put it on a server and send a link", "请压缩或拆分，或放到服务器上改发链接"}
			}
		case strings.HasPrefix(named.Detail, "it has"):
			f.hint = &words{"the file is empty, or nearly so: see what wrote it", "文件是空的或几乎是空的：请检查生成它的程序"}
		case named.Problem == wecom.Malformed:
			f.hint = &words{"convert it, or send it as a file: type=file takes any format", "请转换格式，或作为文件发送：type=file 不限格式"}
		}
	}
	return f
}

type mediaInput struct {
	ID string `path:"id" doc:"The id that the upload answered." example:"media_5y3kq…"`
}

type mediaOutput struct{ Body Media }

func (a *API) getMedia(ctx context.Context, _ *caller, in *mediaInput) (*mediaOutput, error) {
	m, err := a.Media.Info(ctx, in.ID)
	if errors.Is(err, delivery.ErrNoMedia) {
		return nil, &fault{is: problemNoMedia}
	}
	if err != nil {
		return nil, err
	}
	return &mediaOutput{Body: a.showMedia(m)}, nil
}
