package phone

import (
	"net/url"
	"path"
	"strconv"
	"strings"
)

// media is a picture, voice, video or file that the simulator keeps.
type media struct {
	Media
	ID, Href string
	Gone     bool // the simulator does not know the ID
	lang     lang
}

// mediaIn looks the ID up. The address is relative, so it holds under a prefix.
func (v viewer) mediaIn(corpID, mediaID string) media {
	q := url.Values{"corpid": {corpID}, "media_id": {mediaID}}
	m := media{ID: mediaID, Href: "_sim/media?" + q.Encode(), Gone: true, lang: v.Lang}
	if v.inbox == nil {
		return m
	}
	if library, ok := v.src.(Library); ok {
		found, ok := library.Media(corpID, mediaID)
		m.Media, m.Gone = found, !ok
	}
	return m
}

func (r reading) mediaOf(mediaID string) media { return r.mediaIn(r.CorpID, mediaID) }

// Called is the file's name, or a word for a nameless one.
func (m media) Called() string {
	if name := path.Base("/" + strings.ReplaceAll(m.Name, `\`, "/")); name != "/" && name != "." {
		return name
	}
	return m.lang.say("type_file")
}

// Weight is the size for people.
func (m media) Weight() string {
	const kilo, mega = 1 << 10, 1 << 20
	switch size := float64(m.Size); {
	case m.Size < kilo:
		return strconv.FormatInt(m.Size, 10) + " B"
	case m.Size < mega:
		return strconv.FormatFloat(size/kilo, 'f', 1, 64) + " KB"
	default:
		return strconv.FormatFloat(size/mega, 'f', 1, 64) + " MB"
	}
}

// Ending is the file's extension for its icon: at most four letters.
func (m media) Ending() string {
	ending := strings.ToUpper(strings.TrimPrefix(path.Ext(m.Called()), "."))
	if ending == "" || len(ending) > 4 || strings.ContainsFunc(ending, func(r rune) bool { return r > '~' }) {
		return ""
	}
	return ending
}

var families = map[string]string{
	"DOC": "word", "DOCX": "word", "RTF": "word", "PPT": "slides", "PPTX": "slides",
	"XLS": "table", "XLSX": "table", "CSV": "table", "PDF": "pdf",
	"ZIP": "zip", "RAR": "zip", "7Z": "zip", "GZ": "zip", "TAR": "zip",
	"PNG": "image", "JPG": "image", "JPEG": "image", "GIF": "image", "BMP": "image",
	"MP4": "film", "AVI": "film", "MOV": "film", "AMR": "sound", "MP3": "sound", "WAV": "sound",
}

// Family is the kind of file, which gives its icon the colour.
func (m media) Family() string {
	if family, ok := families[m.Ending()]; ok {
		return family
	}
	return "other"
}

// Plays reports whether browsers play it. AMR, WeCom's own format, none does.
func (m media) Plays() bool {
	kind, _, _ := strings.Cut(strings.ToLower(m.ContentType), ";")
	switch strings.TrimSpace(kind) {
	case "video/mp4", "video/webm", "audio/mpeg", "audio/mp4", "audio/wav", "audio/x-wav", "audio/ogg", "audio/aac":
		return true
	}
	return false
}

// video is a film with its caption.
type video struct {
	media
	Title, Description string
}

// mediaObject is the object of the four media types. Only a robot's picture
// comes in base64 instead.
type mediaObject struct {
	MediaID            string `json:"media_id"`
	Base64             string
	Title, Description string
}

func (r reading) mediaBody() (t mediaObject, m media, ok bool) {
	if !r.into(&t) || t.MediaID == "" {
		return t, media{}, false
	}
	return t, r.mediaOf(t.MediaID), true
}

func readImage(r reading, b *body) bool {
	t, _, ok := r.mediaBody()
	switch {
	case ok:
		b.Image = r.pictureOf(t.MediaID)
	case t.Base64 != "":
		b.Image = inlinePicture(t.Base64)
	}
	return b.Image != nil
}

func readVoice(r reading, b *body) bool {
	_, m, ok := r.mediaBody()
	b.Voice = &m
	return ok
}

func readVideo(r reading, b *body) bool {
	t, m, ok := r.mediaBody()
	b.Video, b.Brief = &video{m, t.Title, t.Description}, t.Title
	return ok
}

func readFile(r reading, b *body) bool {
	_, m, ok := r.mediaBody()
	if b.File = &m; !m.Gone {
		b.Brief = m.Called()
	}
	return ok
}
