package command

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/hongyan-im/hongyan/wecom"
)

const maxMediaBytes = 20 << 20 // of a file, the largest that WeCom takes

// files are the flags that name a file which goes up with the message.
func (f *sendFlags) files() []string { return []string{f.image, f.voice, f.video, f.file} }

// mediaBody is the picture, recording, film or file that the flags name. A dry run reads it, so that
// the check sees what is in it; otherwise that happens when it goes up.
func (f *sendFlags) mediaBody(kind string, at place) (body wecom.Body, err error) {
	path := cmp.Or(f.files()...)
	if path != "" {
		if err := refuseIrregular("--"+kind+" "+path, path); err != nil {
			return nil, err
		}
	}
	switch {
	case kind == "media-id":
		body = mediaFromID(f.mediaType, f.mediaID)
	case f.dryRun:
		body, err = mediaInMemory(kind, path, at)
	default:
		body = mediaFromFile(kind, path)
	}
	if v, ok := body.(wecom.Video); ok {
		v.Title, v.Description = f.title, f.description
		body = v
	}
	return body, err
}

// refuseIrregular tells a directory and the like from a file, before it is opened: to open a named pipe
// waits for a writer. What is not there is told by who opens it.
func refuseIrregular(name, path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Mode().IsRegular() {
		return nil
	}
	what := "not a regular file"
	if info.IsDir() {
		what = "a directory"
	}
	return failed("%s: it is %s", name, what).hint("name a file", "请指定一个文件")
}

func mediaFromFile(kind, path string) wecom.Body {
	switch kind {
	case "image":
		return wecom.ImageFile(path)
	case "voice":
		return wecom.VoiceFile(path)
	case "video":
		return wecom.VideoFile(path)
	}
	return wecom.FileFile(path)
}

// mediaFromID is nil for a kind that there is not.
func mediaFromID(kind, id string) wecom.Body {
	switch kind {
	case "image":
		return wecom.Image{MediaID: id}
	case "voice":
		return wecom.Voice{MediaID: id}
	case "video":
		return wecom.Video{MediaID: id}
	case "file":
		return wecom.File{MediaID: id}
	}
	return nil
}

func mediaInMemory(kind, path string, at place) (wecom.Body, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, failed("%s: %w", kind, err).hint("check that the file is there and may be read", "请检查文件是否存在、是否可读")
	}
	if info.Size() > maxMediaBytes {
		return nil, &wecom.ValidationError{Fields: []*wecom.FieldError{{
			Field: kind + ".media", Problem: wecom.TooLong, Limit: maxMediaBytes, Given: int(info.Size()), Unit: wecom.Bytes,
		}}}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, failed("%s: %w", kind, err).hint("check that the file is there and may be read", "请检查文件是否存在、是否可读")
	}
	name := filepath.Base(path)
	switch kind {
	case "image":
		if at == byRobot {
			return wecom.RobotImage{Data: data}, nil
		}
		return wecom.ImageBytes(name, data), nil
	case "voice":
		return wecom.VoiceBytes(name, data), nil
	case "video":
		return wecom.VideoBytes(name, data), nil
	}
	return wecom.FileBytes(name, data), nil
}

// explainMedia gives the error about a file a hint in terms of the flags.
func (f *sendFlags) explainMedia(err error) error { return explainFile(err, f.file != "", "--file") }

// explainFile says what to do about a file that WeCom would not take; asFile is what sends it as a
// file of any kind.
func explainFile(err error, isFile bool, asFile string) error {
	var (
		wrong *wecom.FieldError
		en    string
		zh    string
	)
	if !errors.As(err, &wrong) || !strings.HasSuffix(wrong.Field, "media") && wrong.Field != "image.base64" {
		return err
	}
	switch {
	case wrong.Problem == wecom.TooLong && isFile:
		en, zh = "compress or split it, or put it on a server and send a link", "请压缩或拆分，或放到服务器上改发链接"
	case wrong.Problem == wecom.TooLong:
		en, zh = "make it smaller, or send it with "+asFile+", which takes 20 MB", "请缩小文件，或改用 "+asFile+"（最多 20 MB）发送"
	case wrong.Problem == wecom.Malformed && strings.HasPrefix(wrong.Detail, "it has"):
		en, zh = "the file is empty, or nearly so: see what wrote it", "文件是空的或几乎是空的：请检查生成它的程序"
	case wrong.Problem == wecom.Malformed && strings.HasSuffix(wrong.Detail, "AMR"):
		en = `convert it, as by "ffmpeg -i in.mp3 -ar 8000 -ac 1 out.amr", or send it with ` + asFile
		zh = `请转换格式，例如 "ffmpeg -i in.mp3 -ar 8000 -ac 1 out.amr"，或改用 ` + asFile + " 发送"
	case wrong.Problem == wecom.Malformed && strings.HasPrefix(wrong.Detail, "by its first bytes"):
		en, zh = "convert it, or send it with "+asFile+", which takes any format", "请转换格式，或改用 "+asFile+"（任何格式）发送"
	default:
		return err
	}
	return &failure{exit: exitFailed, text: strings.TrimPrefix(err.Error(), "wecom: "), en: en, zh: zh, cause: err}
}
