package phone

import (
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

// picture is an image of a message. The page loads only what is its own: media
// of the simulator, pictures on the same host, and pictures within the message.
// Of any other it shows a placeholder with the host it would come from.
type picture struct {
	Src           template.URL // "" for a placeholder
	Full          string       // where a click leads; "" if it may not be opened by itself
	Host, Note    string       // of a placeholder: where it would come from, and why it is one
	Gone          bool         // named by an ID that the simulator does not know
	Width, Height int          // their ratio, where the card demands one
}

// shaped gives the picture a width and a height that it keeps, whatever it is.
func (p *picture) shaped(width, height int) *picture {
	if p != nil {
		p.Width, p.Height = width, height
	}
	return p
}

// Shaped reports whether the picture has to keep a ratio.
func (p *picture) Shaped() bool { return p.Width > 0 }

// pictureAt is the picture behind an address, nil for none.
func (r reading) pictureAt(address string) *picture {
	address = strings.TrimSpace(address)
	switch {
	case address == "":
		return nil
	case strings.HasPrefix(address, "data:"):
		_, encoded, _ := strings.Cut(address, ";base64,")
		return inlinePicture(encoded)
	case !isWeb(address):
		return &picture{Host: r.Lang.say("no_address")}
	}
	u, _ := url.Parse(address) // isWeb has parsed it
	if r.host != "" && strings.EqualFold(u.Host, r.host) {
		return &picture{Src: template.URL(u.String()), Full: u.String(), Host: u.Host}
	}
	return &picture{Host: u.Hostname(), Note: r.Lang.say("outside")}
}

// pictureOf is the picture with the media ID, nil for none.
func (r reading) pictureOf(mediaID string) *picture {
	if mediaID == "" {
		return nil
	}
	m := r.mediaOf(mediaID)
	if m.Gone {
		return &picture{Gone: true}
	}
	p := &picture{Src: template.URL(m.Href)}
	if pictureTypes[m.ContentType] {
		p.Full = m.Href
	}
	return p
}

// pictureTypes are the ones that may be opened by themselves: what a program
// uploads as a picture may be an SVG or a page, with a script in it.
var pictureTypes = map[string]bool{
	"image/png": true, "image/jpeg": true, "image/gif": true, "image/bmp": true, "image/webp": true,
}

// inlinePicture is a picture in base64, as robots send it. Only what is one, by
// its first bytes, is shown.
func inlinePicture(encoded string) *picture {
	const most = 4 << 20 // bytes of base64: WeCom's pictures have at most 2 MB before
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(encoded) > most {
		return &picture{Gone: true}
	}
	if kind := http.DetectContentType(raw); pictureTypes[kind] {
		return &picture{Src: template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(raw))}
	}
	return &picture{Gone: true}
}
