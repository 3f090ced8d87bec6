package simulator

import (
	"fmt"
	"net/http"
)

// file is an answer of a control that is not JSON.
type file struct{ *medium }

// getMediaFile answers GET /_sim/media with the bytes of an uploaded file.
func getMediaFile(s *WeCom, r *http.Request) (any, error) {
	var corpID, mediaID string
	if err := readQuery(r, map[string]*string{"corpid": &corpID, "media_id": &mediaID}); err != nil {
		return nil, err
	}
	if m := s.findMedia(corpID, mediaID); m != nil {
		return file{m}, nil
	}
	return nil, fmt.Errorf("corp %q has no media with this media_id now", corpID)
}

// getImage answers with a picture of media/uploadimg, under the address that call gave.
func getImage(s *WeCom, r *http.Request) (any, error) {
	var id string
	if err := readQuery(r, map[string]*string{"id": &id}); err != nil {
		return nil, err
	}
	if m := s.media.any(id); m != nil && m.kind == pictureKind {
		return file{m}, nil
	}
	return nil, fmt.Errorf("no such picture")
}

// readQuery reads parameters that must all be there, and no others.
func readQuery(r *http.Request, into map[string]*string) error {
	query := r.URL.Query()
	for name := range query {
		if into[name] == nil {
			return fmt.Errorf("unknown parameter %q%s", name, didYouMean(name, into))
		}
	}
	for name, value := range into {
		if *value = query.Get(name); *value == "" {
			return fmt.Errorf("%s is missing", name)
		}
	}
	return nil
}
