package wecom

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MediaType is the type of a file that is uploaded. WeCom checks what is in it (path/90253).
type MediaType string

// The types of media. All are more than 5 bytes long; a MB is 1024 × 1024 bytes.
const (
	MediaImage MediaType = "image" // JPG or PNG, at most 10 MB
	MediaVoice MediaType = "voice" // AMR, at most 2 MB and 60 seconds
	MediaVideo MediaType = "video" // MP4, at most 10 MB
	MediaFile  MediaType = "file"  // anything, at most 20 MB
)

const leastMedia = 6 // bytes: "more than 5"

// MediaHeadBytes is how much of a file [MediaTypeOf] and [MediaType.Check] want to see.
const MediaHeadBytes = magicBytes

// MediaTypeOf tells what a file is by its first [MediaHeadBytes], or all of it if it is shorter. What
// is no JPG, PNG, AMR or MP4 is a [MediaFile]; so are relatives of MP4 that players of MP4 do not know,
// such as HEIC and QuickTime.
func MediaTypeOf(head []byte) MediaType {
	switch formatOf(head) {
	case ".jpg", ".png":
		return MediaImage
	case ".amr":
		return MediaVoice
	case ".mp4":
		if len(head) >= 12 && slices.Contains(mp4Brands, string(head[8:12])) {
			return MediaVideo
		}
	}
	return MediaFile
}

// mp4Brands are those of "ftyp" boxes that say MP4.
var mp4Brands = []string{"isom", "iso2", "iso3", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "mp4v", "M4V ", "MSNV", "dash"}

// MaxBytes is how large a file of the type may be; 0 for a type that there is not.
func (t MediaType) MaxBytes() int64 { return mediaRules[t].most }

// Check reports, as a *[ValidationError] with the fields "type", "filename" and "media", why WeCom would
// not take a file: its name, its size in bytes, or its format by its first [MediaHeadBytes]. It asks
// nobody.
func (t MediaType) Check(name string, size int64, head []byte) error {
	rule, err := t.rule()
	if err != nil {
		return err
	}
	wrong := checkName(name)
	if wrong == nil {
		wrong = rule.check(size, head)
	}
	if wrong != nil {
		return mediaError(string(t), name, wrong)
	}
	return nil
}

// mediaRule is what may be uploaded somewhere.
type mediaRule struct {
	most    int64    // bytes
	called  string   // what WeCom takes
	formats []string // the endings that go with it; none means anything
}

var (
	mediaRules = map[MediaType]mediaRule{
		MediaImage: {10 << 20, "JPG or PNG", []string{".jpg", ".jpeg", ".png"}},
		MediaVoice: {2 << 20, "AMR", []string{".amr"}},
		MediaVideo: {10 << 20, "MP4", []string{".mp4"}},
		MediaFile:  {20 << 20, "anything", nil},
	}
	pictureRule = mediaRule{2 << 20, "JPG or PNG", mediaRules[MediaImage].formats} // where a picture is not media
)

// rule returns what may be uploaded as this type.
func (t MediaType) rule() (mediaRule, error) {
	r, ok := mediaRules[t]
	if !ok {
		return r, invalid("upload", FieldError{
			Field: "type", Problem: NotKnown, Detail: fmt.Sprintf("given %.40q, it is one of image, voice, video, file", string(t)),
		})
	}
	return r, nil
}

// magicBytes is how much of a file format needs to see.
const magicBytes = 12

// formatOf returns the ending that goes with a file that begins like this, or "" if WeCom takes such
// a file only as MediaFile.
func formatOf(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return ".jpg"
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return ".png"
	case bytes.HasPrefix(head, []byte("#!AMR")):
		return ".amr"
	case len(head) >= 8 && string(head[4:8]) == "ftyp":
		return ".mp4"
	}
	return ""
}

// check says what is wrong with a file of this size that begins with head.
func (r mediaRule) check(size int64, head []byte) *FieldError {
	switch {
	case size > r.most:
		return &FieldError{Field: mediaField, Problem: TooLong, Limit: int(r.most), Given: int(size), Unit: Bytes}
	case size < leastMedia:
		return &FieldError{Field: mediaField, Problem: Malformed, Detail: fmt.Sprintf("it has %d bytes, WeCom wants at least %d", size, leastMedia)}
	case r.formats != nil && !slices.Contains(r.formats, formatOf(head)):
		return &FieldError{Field: mediaField, Problem: Malformed, Detail: "by its first bytes it is not " + r.called}
	}
	return nil
}

// mediaField is WeCom's name of a file in a form.
const mediaField = "media"

// sendName returns the name under which a file goes to WeCom: with an ending that tells its format,
// whatever it is called here. Only readers of a MediaFile see it.
func (r mediaRule) sendName(name string, head []byte) string {
	if r.formats == nil || slices.Contains(r.formats, strings.ToLower(filepath.Ext(name))) {
		return name
	}
	return name + formatOf(head)
}

// checkName says what is wrong with a file name.
func checkName(name string) *FieldError {
	detail := ""
	switch {
	case name == "":
		return &FieldError{Field: "filename", Problem: Missing}
	case !utf8.ValidString(name):
		detail = "not UTF-8"
	case strings.ContainsFunc(name, func(r rune) bool { return r == '/' || unicode.IsControl(r) }):
		detail = "it has a slash or a control character in it"
	default:
		return nil
	}
	return &FieldError{Field: "filename", Problem: Malformed, Detail: detail}
}

// mediaError says why a file was not uploaded.
func mediaError(kind, name string, wrong *FieldError) error {
	return invalid(fmt.Sprintf("%s %.200q", kind, name), *wrong)
}

// unreadable says that a file cannot be read.
func unreadable(kind, name string, err error) error {
	return mediaError(kind, name, &FieldError{Field: mediaField, Problem: Missing, Detail: err.Error(), Err: err})
}
