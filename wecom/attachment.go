package wecom

import "io"

// Attachment is a file that a body brings along in place of a media id, such as that of [ImageFile].
// [Client.Send] and [Robot.Send] upload it by themselves; it is for programs that send by another way.
// Those of the same body are equal.
type Attachment struct {
	Type MediaType
	Name string // as readers of a MediaFile see it

	source *source
}

// AttachmentOf returns the file that a body brings along, if it does.
func AttachmentOf(b Body) (a Attachment, ok bool) {
	with, ok := b.(carrier)
	if !ok || with.file() == nil {
		return Attachment{}, false
	}
	s := with.file()
	return Attachment{s.kind, s.name, s}, true
}

// Open opens the file at its start, and returns its size in bytes. The error is a *[ValidationError]:
// WeCom would not take such a file as this type, or it cannot be read.
func (a Attachment) Open() (file io.ReadCloser, size int64, err error) {
	rule, err := a.Type.rule()
	if err != nil {
		return nil, 0, err
	}
	f, err := a.source.inspect(rule)
	if err != nil {
		return nil, 0, err
	}
	file, err = f.open()
	if err != nil {
		return nil, 0, unreadable(string(a.Type), a.source.label(), bare(err))
	}
	return file, f.size, nil
}

// WithMediaID returns a body that names a file by its media id, in place of the one that it brought
// along; a body that brought none comes back as it is.
func WithMediaID(b Body, mediaID string) Body {
	if with, ok := b.(carrier); ok && with.file() != nil {
		return with.with(mediaID)
	}
	return b
}
