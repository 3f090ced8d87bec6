package wecom

import (
	"context"
	"time"
)

const (
	opUploadByURL       = "media/upload_by_url"
	opUploadByURLResult = "media/get_upload_by_url_result"
)

// URLUpload is a file that WeCom fetches itself (path/96219): up to 200 MB, for the welcome messages
// of customer groups. Its media_id is not for message/send.
type URLUpload struct {
	Type MediaType `json:"type"`     // MediaVideo (MP4) or MediaFile
	Name string    `json:"filename"` // as readers see it, at most 128 bytes
	URL  string    `json:"url"`      // at most 1024 bytes; its server must know Range (830001)
	MD5  string    `json:"md5"`      // of the content, 32 hexadecimal digits
}

// UploadByURL lets WeCom fetch a file, and returns the id of the job (path/96219): see
// [Client.UploadByURLResult]. The app needs the permission for customers (客户联系).
func (c *Client) UploadByURL(ctx context.Context, u URLUpload) (jobID string, err error) {
	check := checker{of: "upload by URL"}
	u.check(&check)
	if err := check.err(); err != nil {
		return "", err
	}
	const groupWelcome = 1 // the only scene there is
	var a struct {
		status
		JobID string `json:"jobid"`
	}
	err = c.postJSON(ctx, opUploadByURL, struct {
		Scene int `json:"scene"`
		URLUpload
	}{groupWelcome, u}, &a)
	return a.JobID, err
}

func (u URLUpload) check(c *checker) {
	if u.Type != MediaVideo && u.Type != MediaFile {
		c.add(FieldError{Field: "type", Problem: NotKnown, Detail: "it is video or file"})
	}
	c.text("filename", u.Name, true, 128, Bytes, TooLong)
	c.text("url", u.URL, true, 1024, Bytes, TooLong)
	c.url("url", u.URL, false)
	if c.text("md5", u.MD5, true, 32, Bytes, TooLong); u.MD5 != "" && len(u.MD5) < 32 {
		c.add(FieldError{Field: "md5", Problem: Malformed, Detail: "it is 32 hexadecimal digits"})
	}
}

// JobStatus is how far WeCom is with a file that it fetches.
type JobStatus int

// The states of a job.
const (
	JobWorking JobStatus = 1
	JobDone    JobStatus = 2
	JobFailed  JobStatus = 3
)

// URLUploadResult is what has come of an upload by URL.
type URLUploadResult struct {
	Status    JobStatus
	MediaID   string    // with JobDone, for 3 days
	CreatedAt time.Time // with JobDone
	Err       error     // with JobFailed: an *[Error], such as 830003 when the file could not be fetched
}

// UploadByURLResult asks how far a job is (path/96219), within 60 minutes. WeCom also tells the app's
// callback when it has finished.
func (c *Client) UploadByURLResult(ctx context.Context, jobID string) (URLUploadResult, error) {
	var a struct {
		status
		Status lenientInt `json:"status"`
		Detail struct {
			status
			MediaID   string      `json:"media_id"`
			CreatedAt unixSeconds `json:"created_at"`
		} `json:"detail"`
	}
	if err := c.postJSON(ctx, opUploadByURLResult, map[string]string{"jobid": jobID}, &a); err != nil {
		return URLUploadResult{}, err
	}
	state, _ := a.Status.number("status", int(JobFailed))
	r := URLUploadResult{Status: JobStatus(state), MediaID: a.Detail.MediaID, CreatedAt: a.Detail.CreatedAt.time()}
	if a.Detail.ErrCode != CodeOK {
		r.Err = newError(opUploadByURLResult, a.Detail.ErrCode, scrubText(a.Detail.ErrMsg, c.secret))
	}
	return r, nil
}
