//go:build unix && !solaris && !aix

package wecom

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// To open a named pipe waits for a writer, who may never come.
func TestSendRefusesANamedPipe(t *testing.T) {
	s := newStub(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked %s", r.URL.Path) })
	pipe := filepath.Join(t.TempDir(), "pipe.png")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link.png")
	if err := os.Symlink(pipe, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, link} {
		_, err := s.client(t, nil).Send(t.Context(), Message{To: To{All: true}, Body: ImageFile(path)})
		if err == nil || !strings.Contains(err.Error(), "it is not a regular file") || !NeverSent(err) {
			t.Errorf("error %v", err)
		}
	}
}
