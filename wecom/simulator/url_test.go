package simulator

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// shop serves a file in pieces, a file whole, and nothing.
func shop(t *testing.T, data string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/pieces":
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(data))
		case "/whole":
			w.Write([]byte(data))
		case "/elsewhere":
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

func TestUploadByURL(t *testing.T) {
	sim := newStill()
	data := mp4 + "video"
	server := shop(t, data)
	_, digest := robotImage(data)
	job := fields{"scene": 1, "type": "video", "filename": "a.mp4", "url": server.URL + "/pieces", "md5": strings.ToUpper(digest)}
	start := func(f fields) answer {
		t.Helper()
		return by(t, sim, hongyan, "POST", "media/upload_by_url", f.json())
	}
	result := func(jobID string) answer {
		t.Helper()
		return by(t, sim, hongyan, "POST", "media/get_upload_by_url_result", fields{"jobid": jobID}.json())
	}
	for name, wrong := range map[string]fields{
		"scene": {"scene": 2}, "type": {"type": "image"}, "filename": {"filename": strings.Repeat("x", 129)},
		"url": {"url": strings.Repeat("x", 1025)}, "md5": {"md5": "x"},
	} {
		if a := start(job.with(wrong)); a.code() != 40058 || a.text() != "invalid param '"+name+"'" {
			t.Errorf("%s: %v", name, a)
		}
	}
	a := start(job)
	r := result(a.str("jobid"))
	detail, _ := r["detail"].(map[string]any)
	id, _ := detail["media_id"].(string)
	if _, isText := detail["created_at"].(string); r["status"] != 2.0 || !isText {
		t.Fatalf("%v then %v", a, r)
	}
	if m, ok := sim.Media(corpID, id); !ok || string(m.Data) != data || m.Name != "a.mp4" {
		t.Errorf("%v %v", m, ok)
	}
	if a := send(t, sim, message("video", fields{"media_id": id})); a.code() != 40007 {
		t.Errorf("in a message of a strict world: %v", a)
	}
	if events := sim.Callbacks(); len(events) != 1 || events[0].Event != "upload_media_job_finish" || events[0].User != "sys" ||
		!strings.Contains(events[0].XML, "<JobId><![CDATA["+a.str("jobid")+"]]></JobId>") || strings.Contains(events[0].XML, "AgentID") {
		t.Errorf("%+v", events)
	}
	for _, c := range []struct {
		name    string
		changes fields
		code    float64
	}{
		{"no ranges", fields{"url": server.URL + "/whole"}, 830001},
		{"not there", fields{"url": server.URL + "/nope"}, 830003},
		{"redirected", fields{"url": server.URL + "/elsewhere"}, 830003},
		{"another machine", fields{"url": "http://192.0.2.1/a.mp4"}, 830003},
		{"a name of another machine", fields{"url": "http://127.0.0.1.example.com/a.mp4"}, 830003},
		{"no address", fields{"url": "ftp://127.0.0.1/a"}, 830003},
		{"wrong digest", fields{"md5": strings.Repeat("0", 32)}, 301019},
	} {
		r := result(start(job.with(c.changes)).str("jobid"))
		if detail, _ := r["detail"].(map[string]any); r["status"] != 3.0 || detail["errcode"] != c.code {
			t.Errorf("%s: %v, want %v", c.name, r, c.code)
		}
	}
	small := shop(t, "tiny")
	_, digest = robotImage("tiny")
	r = result(start(job.with(fields{"url": small.URL + "/pieces", "md5": digest})).str("jobid"))
	if detail, _ := r["detail"].(map[string]any); detail["errcode"] != 45001.0 {
		t.Errorf("four bytes: %v", r)
	}
	last := start(job).str("jobid")
	sim.Advance(jobLife)
	for _, id := range []string{last, "", "x"} {
		if a := result(id); a.code() != 40058 {
			t.Errorf("job %q: %v, want 40058", id, a)
		}
	}
}

func TestForbiddenCalls(t *testing.T) {
	sim := newStill(WithWorld(change(func(w *World) {
		w.Corps[0].Apps[0].Forbidden = []string{"media/upload_by_url"}
	})))
	if a := by(t, sim, hongyan, "POST", "media/upload_by_url", "{}"); a.code() != 48002 {
		t.Errorf("%v, want 48002", a)
	}
	if a := by(t, sim, monitor, "POST", "media/upload_by_url", "{}"); a.code() != 40058 {
		t.Errorf("%v, want 40058", a)
	}
}
