package simulator

import (
	"bytes"
	"time"
)

// mediaRule is what WeCom accepts as media of one type (path/90253).
type mediaRule struct {
	most        int // bytes
	tooLarge    int // the errcode beyond
	contentType func(data []byte) string
	format      int                   // the errcode when contentType finds nothing
	check       func(data []byte) int // what else is wrong, or 0; nil: nothing
}

const (
	leastMedia  = 6 // bytes: more than 5
	pictureKind = "picture"
)

var mediaRules = map[string]mediaRule{
	"image": {most: 10 << 20, tooLarge: codeImageSize, contentType: imageType, format: codeFileType},
	"voice": {most: 2 << 20, tooLarge: codeMediaSize, contentType: voiceType, format: codeVoiceFormat, check: checkVoice},
	"video": {most: 10 << 20, tooLarge: codeVideoSize, contentType: videoType, format: codeFileType},
	"file":  {most: 20 << 20, tooLarge: codeMediaSize, contentType: fileType},
	// by media/uploadimg only
	pictureKind: {most: 2 << 20, tooLarge: codeImageSize, contentType: imageType, format: codeFileType},
}

// judge gives the content type of a file of the right size, or what is wrong with it.
func (r mediaRule) judge(data []byte) (contentType string, errcode int) {
	switch {
	case len(data) == 0:
		return "", codeEmptyMedia
	case len(data) < leastMedia:
		return "", codeMediaSize
	case len(data) > r.most:
		return "", r.tooLarge
	}
	if contentType = r.contentType(data); contentType == "" {
		return "", r.format
	}
	if r.check != nil {
		errcode = r.check(data)
	}
	return contentType, errcode
}

// fileType is the same for all: what a browser is given must never run.
func fileType([]byte) string { return "application/octet-stream" }

func imageType(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	}
	return ""
}

func videoType(data []byte) string {
	if len(data) >= 8 && string(data[4:8]) == "ftyp" {
		return "video/mp4"
	}
	return ""
}

const (
	amrHeader     = "#!AMR\n"
	amrWideHeader = "#!AMR-WB\n"
)

func voiceType(data []byte) string {
	if bytes.HasPrefix(data, []byte(amrHeader)) || bytes.HasPrefix(data, []byte(amrWideHeader)) {
		return "audio/amr"
	}
	return ""
}

// Bytes of an AMR frame of 20 ms by its mode, its first byte included (RFC 4867).
var (
	amrFrames     = [16]int{13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1}
	amrWideFrames = [16]int{18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1}
)

func checkVoice(data []byte) int {
	const longest = 60 * time.Second
	if voiceLength(data) > longest {
		return codeVoiceTooLong
	}
	return 0
}

// voiceLength is how long an AMR file plays.
func voiceLength(data []byte) time.Duration {
	frames, sizes := data[len(amrHeader):], amrFrames
	if bytes.HasPrefix(data, []byte(amrWideHeader)) {
		frames, sizes = data[len(amrWideHeader):], amrWideFrames
	}
	n := 0
	for len(frames) > 0 {
		n++
		frames = frames[min(sizes[frames[0]>>3&15], len(frames)):]
	}
	return time.Duration(n) * 20 * time.Millisecond
}
