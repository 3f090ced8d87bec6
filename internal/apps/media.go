package apps

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/media"
	"github.com/hongyan-im/hongyan/wecom"
)

// Media are the files that the gateway keeps: *media.Library.
type Media interface {
	// Upload returns what WeCom calls a file; see media.Library.
	Upload(ctx context.Context, owner, id string, began time.Time, upload media.Uploader) (media.Upload, error)
	// Forget is for a name that WeCom does not know.
	Forget(ctx context.Context, u media.Upload) error
	// Read returns all of a file.
	Read(ctx context.Context, id string) ([]byte, error)
}

// sendWithMedia sends a content that names files of the gateway: each is uploaded first, unless WeCom
// has it. If WeCom has forgotten one (40007), which is then not sent, they are uploaded, and the content
// sent, once more.
func (a *Apps) sendWithMedia(ctx context.Context, x *sender, s delivery.Sender, c delivery.Content) (wecom.Receipt, error) {
	f := filling{apps: a, sender: x, began: c.Began}
	filled, err := f.fill(ctx, c)
	if err != nil {
		return wecom.Receipt{}, err
	}
	receipt, err := x.send(ctx, s, filled)
	if !errors.Is(err, &wecom.Error{Code: wecom.CodeBadMediaID}) || len(f.old) == 0 {
		return receipt, err
	}
	for _, u := range f.old {
		if err := a.Media.Forget(ctx, u); err != nil {
			return wecom.Receipt{}, notSent(err)
		}
	}
	if filled, err = f.fill(ctx, c); err != nil {
		return wecom.Receipt{}, err
	}
	return x.send(ctx, s, filled)
}

// filling puts WeCom's names in the place of those of the gateway.
type filling struct {
	apps   *Apps
	sender *sender
	began  time.Time
	old    []media.Upload // names that were known before
}

func (f *filling) fill(ctx context.Context, c delivery.Content) (delivery.Content, error) {
	f.old = nil
	if image, ok := c.Body().(wecom.Image); ok && c.Robot != nil {
		if f.apps.Media == nil {
			return c, gone("image.media_id", image.MediaID)
		}
		picture, err := f.apps.Media.Read(ctx, image.MediaID)
		if err != nil {
			return c, explain("image.media_id", image.MediaID, err)
		}
		return c.WithBody(wecom.RobotImage{Data: picture}), nil
	}
	return c.WithMedia(func(use delivery.MediaUse) (string, error) { return f.name(ctx, use) })
}

// name is what WeCom calls a file.
func (f *filling) name(ctx context.Context, use delivery.MediaUse) (string, error) {
	if f.apps.Media == nil {
		return "", gone(use.Field, use.ID)
	}
	fresh := false
	u, err := f.apps.Media.Upload(ctx, f.sender.owner, use.ID, f.began, func(ctx context.Context, m media.Info, file io.ReadSeeker) (string, error) {
		fresh = true
		return f.sender.upload(ctx, m, file)
	})
	if err != nil {
		return "", explain(use.Field, use.ID, err)
	}
	if !fresh {
		f.old = append(f.old, u)
	}
	return u.WeComID, nil
}

func (x *sender) upload(ctx context.Context, m media.Info, file io.ReadSeeker) (mediaID string, err error) {
	name := m.Name
	if name == "" {
		name = string(m.Type) // nobody sees it
	}
	var up wecom.Uploaded
	if x.robot != nil {
		up, err = x.robot.Upload(ctx, m.Type, name, file)
	} else {
		up, err = x.client.Upload(ctx, m.Type, name, file)
	}
	return up.MediaID, err
}

// cardMedia is fill for a card that takes the place of another.
func (a *Apps) cardMedia(ctx context.Context, x *sender, card wecom.Card) (wecom.Card, error) {
	if card == nil || !(delivery.Content{App: &wecom.Message{Body: card}}).NamesMedia() {
		return card, nil
	}
	f := filling{apps: a, sender: x}
	return delivery.MediaOfCard(card, func(use delivery.MediaUse) (string, error) { return f.name(ctx, use) })
}

// explain makes one of the SDK's errors of what went wrong with a file before anything was sent.
func explain(field, id string, err error) error {
	var (
		invalid *wecom.ValidationError
		answer  *wecom.Error
		broken  *wecom.TransportError
	)
	switch {
	case errors.Is(err, delivery.ErrNoMedia):
		return gone(field, id)
	case errors.As(err, &invalid), errors.As(err, &answer), errors.As(err, &broken):
		return err
	}
	return notSent(err)
}

// gone says that the gateway does not have a file any more: nothing can be sent without it.
func gone(field, id string) error {
	return &wecom.ValidationError{Fields: []*wecom.FieldError{{
		Field: field, Problem: wecom.Missing, Detail: fmt.Sprintf("the gateway does not have the file %.70s any more: upload it again", id),
	}}}
}

// notSent says that a message was not sent, and may be later.
func notSent(err error) error {
	return &wecom.TransportError{Op: "media/upload", Host: "the gateway's own storage", Err: err}
}
