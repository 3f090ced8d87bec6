package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// MediaPrefix is how the ids of files begin that the gateway keeps. WeCom's own never do.
const MediaPrefix = "media_"

// Files are the files that the gateway keeps for messages.
type Files interface {
	// Keep returns what a file is, and sees to it that it is there until then at least; ErrNoMedia if
	// it is not there now.
	Keep(ctx context.Context, id string, until time.Time) (File, error)
}

// File is what a message must know of a file.
type File struct {
	Type wecom.MediaType
	Size int64 // bytes
}

// ErrNoMedia says that the gateway does not have the file, or not any more.
var ErrNoMedia = errors.New("no such media")

// MaxRobotImage is how large the picture of a robot may be, in bytes: it goes in the message itself.
const MaxRobotImage = 2 << 20

// MediaUse is a place of a message that names a file of the gateway.
type MediaUse struct {
	Field string          // such as "image.media_id"
	Type  wecom.MediaType // that WeCom wants there
	ID    string
}

// NamesMedia reports whether the content names a file of the gateway. It costs nothing.
func (c Content) NamesMedia() bool {
	switch b := c.Body().(type) {
	case wecom.Image:
		return ours(b.MediaID)
	case wecom.Voice:
		return ours(b.MediaID)
	case wecom.Video:
		return ours(b.MediaID)
	case wecom.File:
		return ours(b.MediaID)
	case wecom.MPNews:
		return slices.ContainsFunc(b.Articles, func(a wecom.MPArticle) bool { return ours(a.ThumbMediaID) })
	case wecom.TextNotice:
		return slices.ContainsFunc(b.HorizontalContents, namesFile)
	case wecom.NewsNotice:
		return slices.ContainsFunc(b.HorizontalContents, namesFile)
	case wecom.ButtonInteraction:
		return slices.ContainsFunc(b.HorizontalContents, namesFile)
	}
	return false
}

func ours(id string) bool                         { return strings.HasPrefix(id, MediaPrefix) }
func namesFile(line wecom.HorizontalContent) bool { return ours(line.MediaID) }

// Media lists the places of the content that name files of the gateway.
func (c Content) Media() (uses []MediaUse) {
	if !c.NamesMedia() {
		return nil
	}
	_, _ = mapMedia(c.Body(), func(u MediaUse) (string, error) {
		uses = append(uses, u)
		return u.ID, nil
	})
	return uses
}

// WithMedia is the content with other ids in those places: what called says that WeCom calls the file.
func (c Content) WithMedia(called func(MediaUse) (string, error)) (Content, error) {
	body, err := mapMedia(c.Body(), called)
	if err != nil {
		return Content{}, err
	}
	return c.WithBody(body), nil
}

// WithBody is the content with something else to say, to the same receivers.
func (c Content) WithBody(body wecom.Body) Content {
	switch {
	case c.App != nil:
		m := *c.App
		m.Body = body
		return Content{App: &m}
	case c.Chat != nil:
		m := *c.Chat
		m.Body = body
		return Content{Chat: &m}
	}
	m := *c.Robot
	m.Body = body
	return Content{Robot: &m}
}

// MediaOfCard is WithMedia for a card that takes the place of another.
func MediaOfCard(card wecom.Card, called func(MediaUse) (string, error)) (wecom.Card, error) {
	body, err := mapMedia(card, called)
	if err != nil {
		return nil, err
	}
	return body.(wecom.Card), nil
}

// mapMedia is the body with what called returns in place of each id of the gateway.
func mapMedia(body wecom.Body, called func(MediaUse) (string, error)) (wecom.Body, error) {
	var wrong error
	swap := func(field string, kind wecom.MediaType, id *string) {
		if wrong == nil && ours(*id) {
			*id, wrong = called(MediaUse{field, kind, *id})
		}
	}
	lines := func(list *[]wecom.HorizontalContent) {
		*list = slices.Clone(*list)
		for i := range *list {
			swap(fmt.Sprintf("template_card.horizontal_content_list[%d].media_id", i), wecom.MediaFile, &(*list)[i].MediaID)
		}
	}
	switch b := body.(type) {
	case wecom.Image:
		swap("image.media_id", wecom.MediaImage, &b.MediaID)
		body = b
	case wecom.Voice:
		swap("voice.media_id", wecom.MediaVoice, &b.MediaID)
		body = b
	case wecom.Video:
		swap("video.media_id", wecom.MediaVideo, &b.MediaID)
		body = b
	case wecom.File:
		swap("file.media_id", wecom.MediaFile, &b.MediaID)
		body = b
	case wecom.MPNews:
		b.Articles = slices.Clone(b.Articles)
		for i := range b.Articles {
			swap(fmt.Sprintf("mpnews.articles[%d].thumb_media_id", i), wecom.MediaImage, &b.Articles[i].ThumbMediaID)
		}
		body = b
	case wecom.TextNotice:
		lines(&b.HorizontalContents)
		body = b
	case wecom.NewsNotice:
		lines(&b.HorizontalContents)
		body = b
	case wecom.ButtonInteraction:
		lines(&b.HorizontalContents)
		body = b
	}
	return body, wrong
}

// keepFiles sees to it that the files a message names are there for as long as it may be sent, and are
// what it takes them for. With a *[RequestError] one of them is not.
func (in *Intake) keepFiles(ctx context.Context, m *Message) error {
	var seen []MediaUse
	for i := range m.Deliveries {
		d := &m.Deliveries[i]
		for _, use := range d.Content.Media() {
			if slices.Contains(seen, use) {
				continue // the parts of a message name the same ones
			}
			seen = append(seen, use)
			if err := in.keepFile(ctx, use, d.Sender.IsRobot(), m.Expires); err != nil {
				return err
			}
		}
	}
	return nil
}

func (in *Intake) keepFile(ctx context.Context, use MediaUse, robot bool, until time.Time) error {
	file, err := File{}, ErrNoMedia
	if in.Files != nil {
		file, err = in.Files.Keep(ctx, use.ID, until)
	}
	switch {
	case errors.Is(err, ErrNoMedia):
		return &RequestError{use.Field, fmt.Sprintf("the gateway has no file %.70s, or not any more: upload it by POST /v1/media", use.ID)}
	case err != nil:
		return err
	case file.Type != use.Type:
		return &RequestError{use.Field, fmt.Sprintf("it takes media of type %s, given %s", use.Type, file.Type)}
	case robot && use.Type == wecom.MediaImage && file.Size > MaxRobotImage:
		return &RequestError{use.Field, fmt.Sprintf("the picture of a robot has at most %d bytes, given %d", MaxRobotImage, file.Size)}
	}
	return nil
}
