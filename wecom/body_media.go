package wecom

// Image is a picture (msgtype image, path/90236): one that was uploaded, or one that goes up with
// the message: see [ImageFile] and [ImageBytes]. A robot sends one that goes up with the message as
// a [RobotImage], of at most 2 MB.
type Image struct {
	MediaID string `json:"media_id"` // from [Client.Upload] as MediaImage
	source  *source
}

// ImageFile returns the picture in a file: JPG or PNG, at most 10 MB. It is looked at when it is
// sent, and uploaded if the client has not uploaded the same content before.
func ImageFile(path string) Image { return Image{source: fileSource(MediaImage, path)} }

// ImageBytes is [ImageFile] for a picture in memory. The bytes must not be changed afterwards.
func ImageBytes(name string, data []byte) Image {
	return Image{source: bytesSource(MediaImage, name, data)}
}

// MsgType returns "image".
func (Image) MsgType() string { return "image" }

func (i Image) check(c *checker) {
	if c.place == byRobot && i.source == nil {
		c.add(FieldError{Field: "image.media_id", Problem: Conflict, Detail: "a robot sends the picture itself: RobotImage, ImageFile or ImageBytes"})
		return
	}
	c.media("image.media_id", i.MediaID, i.source)
}

func (Image) safe() int { return 1 }

func (i Image) file() *source          { return i.source }
func (Image) with(mediaID string) Body { return Image{MediaID: mediaID} }

// Voice is a recording (msgtype voice, path/90236): one that was uploaded, or one that goes up with
// the message: see [VoiceFile] and [VoiceBytes].
type Voice struct {
	MediaID string `json:"media_id"` // from [Client.Upload] as MediaVoice
	source  *source
}

// VoiceFile returns the recording in a file: AMR, at most 2 MB and 60 seconds. See [ImageFile].
func VoiceFile(path string) Voice { return Voice{source: fileSource(MediaVoice, path)} }

// VoiceBytes is [VoiceFile] for a recording in memory. The bytes must not be changed afterwards.
func VoiceBytes(name string, data []byte) Voice {
	return Voice{source: bytesSource(MediaVoice, name, data)}
}

// MsgType returns "voice".
func (Voice) MsgType() string { return "voice" }

func (v Voice) check(c *checker) { c.media("voice.media_id", v.MediaID, v.source) }

func (Voice) safe() int { return 0 }

func (v Voice) file() *source          { return v.source }
func (Voice) with(mediaID string) Body { return Voice{MediaID: mediaID} }

// Video is a film (msgtype video, path/90236): one that was uploaded, or one that goes up with the
// message: see [VideoFile] and [VideoBytes].
type Video struct {
	MediaID     string `json:"media_id"`              // from [Client.Upload] as MediaVideo
	Title       string `json:"title,omitempty"`       // at most 128 bytes; WeCom cuts the rest
	Description string `json:"description,omitempty"` // at most 512 bytes; WeCom cuts the rest
	source      *source
}

// VideoFile returns the film in a file: MP4, at most 10 MB. Title and Description may be set on it.
// See [ImageFile].
func VideoFile(path string) Video { return Video{source: fileSource(MediaVideo, path)} }

// VideoBytes is [VideoFile] for a film in memory. The bytes must not be changed afterwards.
func VideoBytes(name string, data []byte) Video {
	return Video{source: bytesSource(MediaVideo, name, data)}
}

// MsgType returns "video".
func (Video) MsgType() string { return "video" }

func (v Video) check(c *checker) {
	c.media("video.media_id", v.MediaID, v.source)
	c.text("video.title", v.Title, false, 128, Bytes, WouldCut)
	c.text("video.description", v.Description, false, 512, Bytes, WouldCut)
}

func (Video) safe() int { return 1 }

func (v Video) file() *source { return v.source }

func (v Video) with(mediaID string) Body {
	return Video{MediaID: mediaID, Title: v.Title, Description: v.Description}
}

// File is a file of any kind (msgtype file, path/90236): one that was uploaded, or one that goes up
// with the message: see [FileFile] and [FileBytes]. Readers see the name that it was uploaded under.
// [Message.Safe] works for txt, pdf, doc, docx, ppt, pptx, xls, xlsx, xml, jpg, jpeg, png, bmp, gif.
type File struct {
	MediaID string `json:"media_id"` // from [Client.Upload] as MediaFile
	source  *source
}

// FileFile returns a file, of at most 20 MB, under the last element of its path. See [ImageFile].
func FileFile(path string) File { return File{source: fileSource(MediaFile, path)} }

// FileBytes is [FileFile] for what is in memory. The bytes must not be changed afterwards.
func FileBytes(name string, data []byte) File {
	return File{source: bytesSource(MediaFile, name, data)}
}

// MsgType returns "file".
func (File) MsgType() string { return "file" }

func (f File) check(c *checker) { c.media("file.media_id", f.MediaID, f.source) }

func (File) safe() int { return 1 }

func (f File) file() *source          { return f.source }
func (File) with(mediaID string) Body { return File{MediaID: mediaID} }

// media checks that a body names a file or brings one along.
func (c *checker) media(field, mediaID string, s *source) {
	switch {
	case s == nil:
		c.text(field, mediaID, true, 0, Bytes, TooLong)
	case mediaID != "":
		c.add(FieldError{Field: field, Problem: Conflict, Detail: "the body has a media_id and a file to upload"})
	default:
		s.check(c)
	}
}
