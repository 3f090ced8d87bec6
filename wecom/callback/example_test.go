package callback_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/wecom/callback"
)

// A receiver: it answers the check of its URL, opens what is posted to it, and replies to a click
// with a dead button.
func Example() {
	crypto, err := callback.New("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "ww0000000000000001")
	if err != nil {
		panic(err)
	}
	receive := func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			if echo, err := crypto.VerifyURL(r.URL.Query()); err == nil {
				w.Write(echo)
			}
			return
		}
		body, _ := io.ReadAll(r.Body)
		message, err := crypto.Open(r.URL.Query(), body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		fmt.Printf("%s\n", message)
		reply, _ := callback.Reply{
			ToUserName: "lisi", FromUserName: "ww0000000000000001", CreateTime: time.Now(),
			Body: callback.UpdateButton{ReplaceName: "已批准"},
		}.XML()
		w.Write(crypto.Seal(reply, r.URL.Query().Get("timestamp"), r.URL.Query().Get("nonce")))
	}

	sealed := crypto.Encrypt([]byte("<xml><MsgType>event</MsgType></xml>"))
	query := url.Values{"timestamp": {"1409659813"}, "nonce": {"1372623149"}}
	query.Set("msg_signature", crypto.Sign("1409659813", "1372623149", sealed))
	w := httptest.NewRecorder()
	receive(w, httptest.NewRequest("POST", "/callback?"+query.Encode(), strings.NewReader("<xml><Encrypt>"+sealed+"</Encrypt></xml>")))
	fmt.Println(w.Code)
	// Output:
	// <xml><MsgType>event</MsgType></xml>
	// 200
}
