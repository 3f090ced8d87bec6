//go:build linux

package faults

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// places is what was said, by where it was said.
type places struct {
	mu   sync.Mutex
	said map[string]*strings.Builder
}

func newPlaces() *places { return &places{said: map[string]*strings.Builder{}} }

// add keeps what was said in a place.
func (p *places) add(place, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.said[place] == nil {
		p.said[place] = &strings.Builder{}
	}
	p.said[place].WriteString(text + "\n")
}

// in is a writer to a place.
func (p *places) in(place string) io.Writer { return &placeWriter{p, place} }

type placeWriter struct {
	places *places
	place  string
}

func (w *placeWriter) Write(data []byte) (int, error) {
	w.places.add(w.place, strings.TrimSuffix(string(data), "\n"))
	return len(data), nil
}

// find names the places in which a text stands, or a large part of it, as it is or encoded, and shows
// what stands around it there.
func (p *places) find(text string) (found []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, place := range slices.Sorted(maps.Keys(p.said)) {
		said := p.said[place].String()
		for _, form := range formsOf(text) {
			if at := strings.Index(said, form); at >= 0 {
				found = append(found, fmt.Sprintf("%s: …%s…", place, said[max(0, at-120):min(len(said), at+len(form)+40)]))
				break
			}
		}
	}
	return found
}

// has reports whether a text stands in a place as it is.
func (p *places) has(place, text string) bool { return p.count(place, text) > 0 }

// count is how often a text stands in a place as it is.
func (p *places) count(place, text string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.said[place] == nil {
		return 0
	}
	return strings.Count(p.said[place].String(), text)
}

// formsOf are the forms in which a text is looked for. Half of a secret is too much as well.
func formsOf(text string) []string {
	pieces := []string{text}
	if runes := []rune(text); len(runes) >= 24 {
		pieces = append(pieces, string(runes[:len(runes)/2]), string(runes[len(runes)/2:]))
	}
	forms := []string{base64.StdEncoding.EncodeToString([]byte(text)), base64.RawURLEncoding.EncodeToString([]byte(text)), hex.EncodeToString([]byte(text))}
	for _, piece := range pieces {
		quoted, _ := json.Marshal(piece)
		ascii := fmt.Sprintf("%+q", piece)
		forms = append(forms, piece, url.QueryEscape(piece), url.PathEscape(piece), strings.Trim(string(quoted), `"`), strings.Trim(ascii, `"`))
	}
	return forms
}

// TestSearch holds that the search finds what it is there to find.
func TestSearch(t *testing.T) {
	const secret, body = "k3yWith+Signs/AndMore=0123456789", "磁盘已满<&> 请尽快处理这台机器上的日志文件夹"
	for name, said := range map[string]string{
		"as it is": "a line with " + secret + " in it", "half": "cut: " + secret[:16], "the other half": secret[16:], "in a URL": "?q=" + url.QueryEscape(secret),
		"base64": base64.StdEncoding.EncodeToString([]byte(secret)), "hex": hex.EncodeToString([]byte(secret)), "quoted": fmt.Sprintf("%q", secret),
	} {
		p := newPlaces()
		p.add("log", said)
		p.add("elsewhere", "nothing")
		if found := p.find(secret); len(found) != 1 || !strings.HasPrefix(found[0], "log: ") {
			t.Errorf("%s: %q", name, found)
		}
	}
	for name, said := range map[string]string{"as it is": body, "ASCII": fmt.Sprintf("%+q", body), "JSON": func() string { b, _ := json.Marshal(body); return string(b) }()} {
		p := newPlaces()
		_, _ = io.WriteString(p.in("log"), said)
		if found := p.find(body); len(found) != 1 {
			t.Errorf("%s: %q", name, found)
		}
	}
	p := newPlaces()
	p.add("log", secret[:12]+" and nothing else, 磁盘")
	if found := append(p.find(secret), p.find(body)...); found != nil {
		t.Errorf("found what is not there: %q", found)
	}
}
