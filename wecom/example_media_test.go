package wecom_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// examplePNG is as much of a picture as WeCom looks at.
var examplePNG = []byte("\x89PNG\r\n\x1a\n of a chart")

// A file goes along with its message. What was uploaded once is not uploaded again within 3 days.
func ExampleFileBytes() {
	client, sim := newClient()
	defer sim.Close()

	report := wecom.FileBytes("报表.csv", []byte("host,load\ndb-3,9.1\n"))
	for _, user := range []string{"zhangsan", "lisi"} {
		_, err := client.Send(context.Background(), wecom.Message{To: wecom.To{Users: []string{user}}, Body: report})
		check(err)
	}
	calls := sim.Stats().Calls
	fmt.Println(calls["message/send"], "messages,", calls["media/upload"], "upload")
	// Output: 2 messages, 1 upload
}

// A picture from a file. Its size and format are looked at before anything is sent.
func ExampleImageFile() {
	client, sim := newClient()
	defer sim.Close()
	dir, err := os.MkdirTemp("", "example")
	check(err)
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "chart.png")
	check(os.WriteFile(path, examplePNG, 0o600))

	_, err = client.Send(context.Background(), wecom.Message{To: wecom.To{Users: []string{"lisi"}}, Body: wecom.ImageFile(path)})
	fmt.Println(err, sim.Inbox("lisi").Last().MsgType)
	// Output: <nil> image
}

// An upload by itself, for a media_id that goes into a card or an mpnews.
func ExampleClient_Upload() {
	client, sim := newClient()
	defer sim.Close()
	ctx := context.Background()

	report, err := client.Upload(ctx, wecom.MediaFile, "usage.csv", strings.NewReader("host,used\ndb-3,93\n"))
	check(err)
	_, err = client.Send(ctx, wecom.Message{
		To: wecom.To{Users: []string{"lisi"}},
		Body: wecom.TextNotice{
			MainTitle:          wecom.MainTitle{Title: "磁盘将满"},
			HorizontalContents: []wecom.HorizontalContent{wecom.FileLine("报表", "usage.csv", report.MediaID)},
			CardAction:         wecom.LinkTo("https://mon.example.com/db-3"),
		},
	})
	fmt.Println(report.Type, err)
	// Output: file <nil>
}

// A picture with an address that lasts, for the HTML of an article.
func ExampleClient_UploadImage() {
	client, sim := newClient()
	defer sim.Close()

	address, err := client.UploadImage(context.Background(), "chart.png", bytes.NewReader(examplePNG))
	check(err)
	fmt.Println(strings.HasPrefix(address, "http"))
	// Output: true
}

// A file is fetched while it is read.
func ExampleClient_Download() {
	client, sim := newClient()
	defer sim.Close()
	ctx := context.Background()
	up, err := client.Upload(ctx, wecom.MediaFile, "usage.csv", strings.NewReader("host,used\ndb-3,93\n"))
	check(err)

	file, err := client.Download(ctx, up.MediaID)
	check(err)
	defer file.Close()
	data, err := io.ReadAll(file)
	fmt.Printf("%s, %d of %d bytes, %v\n", file.Name, len(data), file.Size, err)
	// Output: usage.csv, 18 of 18 bytes, <nil>
}

// A download goes on where an earlier one ended, in another process for example.
func ExampleClient_DownloadFrom() {
	client, sim := newClient()
	defer sim.Close()
	ctx := context.Background()
	up, err := client.Upload(ctx, wecom.MediaFile, "usage.csv", strings.NewReader("host,used\ndb-3,93\n"))
	check(err)
	have := []byte("host,used\n") // on the disk already

	rest, err := client.DownloadFrom(ctx, up.MediaID, int64(len(have)))
	check(err)
	defer rest.Close()
	more, err := io.ReadAll(rest)
	check(err)
	fmt.Printf("%q, %d of %d bytes\n", more, len(have)+len(more), rest.Size)
	// Output: "db-3,93\n", 18 of 18 bytes
}

// Only recordings that were made with the JS-SDK can be had in high quality.
func ExampleClient_DownloadHDVoice() {
	client, sim := newClient()
	defer sim.Close()
	ctx := context.Background()
	up, err := client.Upload(ctx, wecom.MediaVoice, "memo.amr", strings.NewReader("#!AMR\n\x3c"))
	check(err)

	_, err = client.DownloadHDVoice(ctx, up.MediaID)
	fmt.Println(errors.Is(err, &wecom.Error{Code: wecom.CodeBadMediaID}))
	// Output: true
}

// WeCom fetches a file itself, from a server that knows Range.
func ExampleClient_UploadByURL() {
	client, sim := newClient()
	defer sim.Close()
	manual := []byte("# Welcome\n")
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "welcome.md", time.Time{}, bytes.NewReader(manual))
	}))
	defer files.Close()

	sum := md5.Sum(manual)
	job, err := client.UploadByURL(context.Background(), wecom.URLUpload{
		Type: wecom.MediaFile, Name: "welcome.md", URL: files.URL + "/welcome.md", MD5: hex.EncodeToString(sum[:]),
	})
	fmt.Println(job != "", err)
	// Output: true <nil>
}

// Whether it has the file; WeCom also tells the app's callback URL.
func ExampleClient_UploadByURLResult() {
	client, sim := newClient()
	defer sim.Close()
	ctx := context.Background()
	job, err := client.UploadByURL(ctx, wecom.URLUpload{
		Type: wecom.MediaFile, Name: "welcome.md", URL: "https://files.example.com/welcome.md", MD5: "d41d8cd98f00b204e9800998ecf8427e",
	})
	check(err)

	result, err := client.UploadByURLResult(ctx, job)
	check(err)
	switch result.Status {
	case wecom.JobWorking:
		fmt.Println("ask again")
	case wecom.JobDone:
		fmt.Println(result.MediaID)
	case wecom.JobFailed:
		fmt.Println(errors.Is(result.Err, &wecom.Error{Code: 830003})) // the simulator does not leave this machine
	}
	// Output: true
}
