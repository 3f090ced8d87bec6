package simulator

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// controls is the simulator's own interface under /_sim/: what can be asked and changed from any
// language. Answers are JSON; a request that is not understood changes nothing and answers
// {"error": "…"} with what is wrong.
var controls = map[string]map[string]func(*WeCom, *http.Request) (any, error){
	"messages":      {"GET": getMessages, "DELETE": deleteMessages},
	"faults":        {"GET": getFaults, "PUT": putFaults},
	"tokens/revoke": {"POST": revokeToken},
	"clock":         {"GET": getClock, "PUT": putClock},
	"world":         {"GET": getWorld, "PUT": putWorld},
	"media":         {"GET": getMediaFile},
	"images":        {"GET": getImage},
	"click":         {"POST": postClick},
	"callbacks":     {"GET": getCallbacks, "DELETE": deleteCallbacks},
	"reset":         {"POST": postReset},
	"stats":         {"GET": getStats},
}

// maxControlBody has room for a world of a few hundred thousand members.
const maxControlBody = 64 << 20

// serveControl finds the handler and is the only place that writes its answer or its error.
func (s *WeCom) serveControl(w http.ResponseWriter, r *http.Request, name string) {
	methods, ok := controls[name]
	if !ok {
		writeControl(w, http.StatusNotFound, controlError{fmt.Sprintf("no such path /_sim/%s%s", name, didYouMean(name, controls))})
		return
	}
	handle, ok := methods[r.Method]
	if !ok {
		allowed := strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
		w.Header().Set("Allow", allowed)
		writeControl(w, http.StatusMethodNotAllowed, controlError{fmt.Sprintf("/_sim/%s takes %s, not %s", name, allowed, r.Method)})
		return
	}
	answer, err := handle(s, r)
	if err != nil {
		writeControl(w, http.StatusBadRequest, controlError{err.Error()})
		return
	}
	if f, ok := answer.(file); ok {
		f.serve(w, r, "inline")
		return
	}
	writeControl(w, http.StatusOK, answer)
}

type controlError struct {
	Error string `json:"error"`
}

func writeControl(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	w.Write(append(encode(answer), '\n'))
}

// readControl decodes the body of a request that must have one.
func readControl(r *http.Request, into any) error {
	body, err := readSmall(r)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return errors.New("the body is empty; want a JSON object")
	}
	return decodeStrict(body, into)
}

func readSmall(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxControlBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the body cannot be read: %w", err)
	case len(body) > maxControlBody:
		return nil, fmt.Errorf("the body is larger than %d MiB", maxControlBody>>20)
	}
	return body, nil
}

// noQuery refuses a query where none means anything: whoever writes DELETE …?user=zhangsan does not
// want everything deleted.
func noQuery(r *http.Request) error {
	for name := range r.URL.Query() {
		return fmt.Errorf("unknown parameter %q; this call takes none", name)
	}
	return nil
}
