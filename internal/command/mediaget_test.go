package command

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// TestMediaGetResumes: what a broken download has got is not fetched again, even if that is all.
func TestMediaGetResumes(t *testing.T) {
	for _, have := range []int{0, 1, 4, 11} {
		t.Run(fmt.Sprint(have), func(t *testing.T) {
			const content = "hello there"
			var ranges []string
			sim := simulator.New()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/media/get") {
					ranges = append(ranges, r.Header.Get("Range"))
				}
				sim.ServeHTTP(w, r)
			}))
			defer server.Close()
			t.Chdir(t.TempDir())
			run := func(args ...string) string {
				t.Helper()
				var out, errOut bytes.Buffer
				env := map[string]string{
					"HONGYAN_BASE_URL": server.URL, "HONGYAN_CORP_ID": "ww0000000000000001", "HONGYAN_SECRET": "sim-secret-1000002",
				}
				if code := Run(context.Background(), args, Std{Out: &out, Err: &errOut, Getenv: func(name string) string { return env[name] }}); code != 0 {
					t.Fatalf("exit code %d: %s", code, &errOut)
				}
				return strings.TrimSpace(out.String())
			}
			write(t, "note.txt", []byte(content))
			id := run("media", "upload", "note.txt")
			write(t, ".hongyan-"+shortHash(id)+".part", []byte(content[:have]))
			run("media", "get", "-o", "got.txt", id)
			got, err := os.ReadFile("got.txt")
			if err != nil || string(got) != content {
				t.Errorf("%q, %v", got, err)
			}
			want := ""
			if have > 1 {
				want = fmt.Sprintf("bytes=%d-", have-1)
			}
			if len(ranges) != 1 || !strings.HasPrefix(ranges[0], want) || want == "" && ranges[0] != "" {
				t.Errorf("asked for %q, want one that begins with %q", ranges, want)
			}
			if left, err := os.ReadDir("."); err != nil || len(left) != 2 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func TestSafeName(t *testing.T) {
	long := strings.Repeat("长", 100)
	for _, test := range []struct{ name, kind, want string }{
		{"值班表.xlsx", "", "值班表.xlsx"},
		{"../../etc/passwd", "", "_.._etc_passwd"},
		{`..\boot.ini`, "", "_boot.ini"},
		{".bashrc", "", "bashrc"},
		{"-rf", "", "rf"},
		{"a\x00b\nc.txt", "", "a_b_c.txt"},
		{"a:b?.txt", "", "a_b_.txt"},
		{"\xff.txt", "", "_.txt"},
		{" . ", "image/png", "media-.png"},
		{"", "nothing/known", "media-.bin"},
		{long + ".pdf", "", strings.Repeat("长", 65) + ".pdf"},
	} {
		if got := safeName(test.name, test.kind, "x-id"); got != test.want && !(strings.HasPrefix(test.want, "media-") && strings.HasPrefix(got, "media-"+shortHash("x-id")+".")) {
			t.Errorf("%q becomes %q, want %q", test.name, got, test.want)
		}
	}
}

func FuzzSafeName(f *testing.F) {
	f.Add("../x", "image/png")
	f.Fuzz(func(t *testing.T, name, kind string) {
		got := safeName(name, kind, "id")
		if got == "" || len(got) > 220 || strings.ContainsAny(got, "/\\\x00\n") || got[0] == '.' || got[0] == '-' {
			t.Errorf("%q becomes %q", name, got)
		}
	})
}
