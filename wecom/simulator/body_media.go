package simulator

// mediaBody is an image, a voice or a file (图片、语音、文件消息, path/90236).
type mediaBody struct {
	MediaID string `json:"media_id"`
}

// readMedia makes the reader of a msgtype that is nothing but a media_id of that type.
func readMedia(kind string) bodyReader {
	return func(r *reading, body *object) (any, *status) {
		id := body.text("media_id")
		return mediaBody{id}, r.checkMedia(id, kind)
	}
}

// videoBody is a video (视频消息, path/90236).
type videoBody struct {
	MediaID     string `json:"media_id"`
	Title       string `json:"title,omitempty"`       // 128 bytes, cut
	Description string `json:"description,omitempty"` // 512 bytes, cut
}

func readVideo(r *reading, body *object) (any, *status) {
	video := videoBody{
		MediaID:     body.text("media_id"),
		Title:       cutBytes(body.text("title"), 128),
		Description: cutBytes(body.text("description"), 512),
	}
	return video, r.checkMedia(video.MediaID, "video")
}

// checkMedia demands that id names media of the type kind that the sender may use now. Wrong, expired,
// of another type and of another company are one and the same refusal.
func (r *reading) checkMedia(id, kind string) *status {
	if id == "" {
		return refuse(codeMediaIDMissing)
	}
	m := r.media.find(r.shelf, id, r.clock.now())
	if m == nil || m.kind != kind || m.byURL && r.strict {
		return refuse(codeInvalidMediaID)
	}
	return nil
}
