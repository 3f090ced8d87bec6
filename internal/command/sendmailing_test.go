package command

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// TestMailingResumes: a table of which a part was sent before the gateway went away is sent to its end
// by running the command again, and no line twice.
func TestMailingResumes(t *testing.T) {
	noLeaks(t)
	dev := start(t, nil, "dev", "--listen", "127.0.0.1:0", "--sim-listen", "127.0.0.1:0")
	gateway := dev.addressOf("gateway")
	dev.line("Ctrl-C")
	target, err := url.Parse(gateway)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	var calls atomic.Int64
	onward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: transport}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) > 1 {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		onward.ServeHTTP(httptest.NewRecorder(), r) // it is stored, and the answer is lost
		panic(http.ErrAbortHandler)
	}))
	table := []byte("user,n\n")
	for i := range 1100 {
		table = fmt.Appendf(table, "zhangsan,%d\n", i)
	}
	t.Chdir(t.TempDir())
	write(t, "people.csv", table)
	send := func(url string) (code int, out, errOut string) {
		var outBuf, errBuf bytes.Buffer
		env := map[string]string{"HONGYAN_URL": url, "HONGYAN_KEY": devKey, "HONGYAN_APP": "crm"}
		code = Run(context.Background(), []string{"send", "--csv", "people.csv", "--template", "number {{.n}}", "--delay", "1h", "--timeout", "60s"}, Std{
			In: strings.NewReader(""), Out: &outBuf, Err: &errBuf, Getenv: func(name string) string { return env[name] },
		})
		return code, outBuf.String(), errBuf.String()
	}
	if code, _, told := send(proxy.URL); code != exitFailed || !strings.Contains(told, "people.csv: stopped after 0 of 1100 lines") || !strings.Contains(told, "hint: run it again") {
		t.Errorf("exit code %d: %s", code, told)
	}
	proxy.Close()
	transport.CloseIdleConnections()
	if code, out, told := send(gateway); code != 0 || !strings.HasPrefix(out, "100 of 1100 lines accepted, 1000 accepted before; ") {
		t.Errorf("exit code %d: %s%s", code, out, told)
	}
	var list bytes.Buffer
	env := map[string]string{"HONGYAN_URL": gateway, "HONGYAN_KEY": devKey}
	Run(context.Background(), []string{"list", "--label", "csv=people.csv", "--limit", "0"}, Std{
		In: strings.NewReader(""), Out: &list, Err: &list, Getenv: func(name string) string { return env[name] },
	})
	if n := strings.Count(list.String(), "\n"); n != 1100 {
		t.Errorf("the gateway has %d messages", n)
	}
	if code := dev.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, &dev.errOut)
	}
}
