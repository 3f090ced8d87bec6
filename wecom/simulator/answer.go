package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// status is the beginning of every answer. On its own it is the answer of a call that failed.
type status struct {
	ErrCode int    `json:"errcode"`
	ErrMsg  string `json:"errmsg"`
}

// reply is an answer: a status, alone or with the fields of its call after it.
type reply interface{ head() *status }

func (s *status) head() *status { return s }

// refuse is the answer with errcode code and its usual text.
func refuse(code int) *status {
	text, ok := errTexts[code]
	if !ok {
		text = "error " + strconv.Itoa(code)
	}
	return &status{code, text}
}

// invalidField is 40058 in the form that names the field.
func invalidField(format string, args ...any) *status {
	return &status{codeInvalidParameter, fmt.Sprintf(format, args...) + ". " + errTexts[codeInvalidParameter]}
}

// invalidParam is 40058 in the form for a value that is missing or makes no sense.
func invalidParam(name string) *status {
	return &status{codeInvalidParameter, "invalid param '" + name + "'"}
}

// write answers in WeCom's form: always 200, JSON in UTF-8, and errcode and errmsg once more as
// headers. A failed errmsg ends in a hint for the support staff, the caller's address — the one to
// add to the trusted IPs — and a link. A file is the only answer that is not JSON.
func (c *call) write(w http.ResponseWriter, a reply) {
	if file, ok := a.(*download); ok {
		file.write(w, c.request)
		return
	}
	s := a.head()
	code := strconv.Itoa(s.ErrCode)
	if s.ErrCode != 0 {
		s.ErrMsg += ", hint: [" + hint(c.now()) + "], from ip: " + c.ip +
			", more info at https://open.work.weixin.qq.com/devtool/query?e=" + code
	}
	h := w.Header()
	h["Content-Type"] = []string{"application/json; charset=UTF-8"}
	h["Error-Code"] = []string{code}
	h["Error-Msg"] = []string{headerText(s.ErrMsg)}
	if now := c.now(); time.Until(now).Abs() > time.Second { // else net/http's is the same
		h["Date"] = []string{now.UTC().Format(http.TimeFormat)}
	}
	w.Write(encode(a))
}

// encode writes v as WeCom does, with & < > as they are and no newline at the end.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("simulator: an answer cannot be encoded: " + err.Error()) // the types above exclude it
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// hint is 25 digits, the first ten of them the unix time.
func hint(now time.Time) string {
	const tenDigits = 10_000_000_000
	seconds := (now.Unix()%tenDigits + tenDigits) % tenDigits
	return fmt.Sprintf("%010d%015d", seconds, rand.Int64N(1_000_000_000_000_000))
}

// headerText drops what may not stand in a header; only the errmsg of a fault can contain it.
func headerText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}
