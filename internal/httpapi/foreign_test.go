package httpapi

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hongyan-im/hongyan/internal/access"
)

// routesOf are the operations of the document, with an id of a message in their paths.
func (r *real) routesOf(id string) (all []endpoint) {
	for _, e := range methodsOf(r.api.huma.OpenAPI()) {
		e.Path = strings.NewReplacer("{id}", id, "{name}", "shop").Replace(e.Path)
		all = append(all, e)
	}
	return all
}

// TestKeysOfOthers: keys of one app try every route with another's messages: nothing leaks, and nothing
// happens.
func TestKeysOfOthers(t *testing.T) {
	r := newReal(t)
	const secret = "the other's words"
	sent := r.send("shop", secret, "zhangsan")
	waiting := ask[Message](r, 202, "POST", "/v1/messages", strings.Replace(item(secret, `,"delay":"1h","labels":{"of":"shop-alone"}`), "crm", "shop", 1))
	key := r.key("crm robot:ops", access.Scopes...)
	before := []Message{ask[Message](r, 200, "GET", "/v1/messages/"+sent.ID, ""), ask[Message](r, 200, "GET", "/v1/messages/"+waiting.ID, "")}
	tried := 0
	for _, id := range []string{sent.ID, waiting.ID} {
		for _, e := range r.routesOf(id) {
			bodies := []string{""}
			if e.RequestBody != nil {
				bodies = []string{
					`{"replace_name":"x"}`, `{"filter":{"user":"zhangsan"},"all":true}`, `{"filter":{"label":["of:shop-alone"]}}`, `{"filter":{"app":"shop"}}`,
					strings.Replace(item("x"), "crm", "shop", 1), `{"messages":[` + strings.Replace(item("x"), "crm", "shop", 1) + `]}`,
				}
			}
			for _, body := range bodies {
				for _, query := range []string{"", "?all=true", "?user=zhangsan", "?app=shop", "?text=words", "?label=of:shop-alone"} {
					got := r.call(t, e.Method, e.Path+query, body, "X-API-Key", key)
					tried++
					for _, leak := range []string{secret, "shop-alone", `"app":"shop"`} {
						if strings.Contains(got.text, leak) && got.status != 422 { // which says what was given

							t.Errorf("%s %s %s: %q leaks: %s", e.Method, e.Path+query, body, leak, got.text)
						}
					}
					if strings.Contains(e.Path, "/shop/") && got.status != 403 && (query == "" || got.status != 422) {
						t.Errorf("%s %s: HTTP %d: %s", e.Method, e.Path+query, got.status, got.text)
					}
					if strings.Contains(e.Path, id) && got.status != 404 && !(got.status == 422 && (query != "" || body != "")) {
						t.Errorf("%s %s %s: HTTP %d: %s", e.Method, e.Path+query, body, got.status, got.text)
					}
				}
			}
		}
	}
	after := []Message{ask[Message](r, 200, "GET", "/v1/messages/"+sent.ID, ""), ask[Message](r, 200, "GET", "/v1/messages/"+waiting.ID, "")}
	if one, other := fmt.Sprint(toJSON(before)), fmt.Sprint(toJSON(after)); one != other {
		t.Errorf("they changed:\n%s\n%s", one, other)
	}
	if all := r.list(""); len(all) != 2 {
		t.Errorf("%d messages: some were made", len(all))
	}
	if tried < 100 {
		t.Errorf("only %d requests", tried)
	}
}

func toJSON(v any) string {
	data, _ := json.Marshal(v)
	return string(data)
}

// TestScopesOfEveryRoute: no key, and a key without the scope, get nowhere.
func TestScopesOfEveryRoute(t *testing.T) {
	r := newReal(t)
	id := r.send("crm", "x", "zhangsan").ID
	none := r.key("")
	for _, e := range r.routesOf(id) {
		if len(e.Security) == 0 {
			continue
		}
		r.call(t, e.Method, e.Path, `{"messages":[]}`).problem(t, 40101)
		r.call(t, e.Method, e.Path, `{"messages":[]}`, "X-API-Key", none).problem(t, 40301)
	}
}

// TestHostileRequests: by the document, every operation gets values that are of the right kind, of the
// wrong kind, and hostile; it never fails, and what it does not do it answers with a problem.
func TestHostileRequests(t *testing.T) {
	r := newReal(t)
	known := ask[Media](r, 201, "POST", "/v1/media?name=a.txt", "hello, file")
	ids := []string{r.send("crm", "x", "zhangsan").ID, r.send("crm", "x", "nobody").ID, "msg_00000000001", known.ID, "%2e%2e", "x", strings.Repeat("a", 3000), "msg_zzzzzzzzzzz"}
	h := &hostile{Rand: rand.New(rand.NewPCG(7, 11)), schemas: r.api.huma.OpenAPI().Components.Schemas.Map()}
	answers := map[string]map[int]int{}
	for range 60 {
		for _, e := range methodsOf(r.api.huma.OpenAPI()) {
			path := strings.NewReplacer("{id}", ids[h.IntN(len(ids))], "{name}", h.pick("crm", "robot:ops", "%00", "nowhere")).Replace(e.Path)
			query := url.Values{}
			headers := []string{"X-API-Key", r.admin, "Accept-Language", h.pick("", "zh", "en;q=x", ";;,")}
			for _, p := range e.Parameters {
				switch {
				case h.IntN(5) > 0:
				case p.In == "query":
					query.Add(p.Name, h.parameter(p.Schema))
				case p.In == "header":
					headers = append(headers, p.Name, h.pick("k", strings.Repeat("k", 256), "a b", "é"))
				}
			}
			body := ""
			if e.RequestBody != nil {
				as, ok := e.RequestBody.Content["application/json"]
				if !ok { // a file
					as = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
				}
				body = toJSON(h.value(as.Schema, 0))
				if h.IntN(8) == 0 {
					body = h.pick("", "null", "[]", "{", "\xff", body[:len(body)/2], strings.Repeat("[", 100), `{"a":`+body+`}`)
				}
			}
			got := r.call(t, e.Method, path+"?"+query.Encode(), body, headers...)
			if answers[e.OperationID] == nil {
				answers[e.OperationID] = map[int]int{}
			}
			answers[e.OperationID][got.status]++
			switch {
			case got.status >= 500:
				t.Errorf("%s %s?%s %s: HTTP %d %s", e.Method, path, query.Encode(), body, got.status, got.text)
			case got.status == 431: // net/http's own answer to a URL that is too long
			case got.status >= 400:
				got.anyProblem(t)
			case got.status != 200 && got.status != 201 && got.status != 202 && got.status != 301 && got.status != 307:
				t.Errorf("%s %s: HTTP %d", e.Method, path, got.status)
			}
		}
	}
	for id, statuses := range answers {
		good := statuses[200] + statuses[201] + statuses[202]
		if good == 0 && id != "sendMessage" && id != "resendMessage" && id != "updateCard" {
			t.Errorf("%s never did anything: %v", id, statuses)
		}
	}
	t.Log(answers)
}

// hostile makes values by a schema, and against it.
type hostile struct {
	*rand.Rand
	schemas map[string]*huma.Schema
}

func (h *hostile) pick(of ...string) string { return of[h.IntN(len(of))] }

var nasty = []any{
	nil, true, -1, 0, 1, 1e300, "", "zhangsan", "crm", "shop", "ops", "\x00", "'; DROP TABLE deliveries; --", "😀\u2028<script>", strings.Repeat("长", 3000), []any{}, map[string]any{},
	[]any{nil, 1, "x"}, map[string]any{"": nil}, "2026-03-01T08:00:00Z", "99999999d", "1h", "-5m", "queued", "a:b", "%", "@all", "robot:ops", 9007199254740993, "null",
}

func (h *hostile) parameter(s *huma.Schema) string {
	switch h.IntN(4) {
	case 0:
		if len(s.Examples) > 0 {
			return fmt.Sprint(s.Examples[0])
		}
		fallthrough
	case 1:
		switch s.Type {
		case "integer":
			return fmt.Sprint(1 + h.IntN(50))
		case "boolean":
			return h.pick("true", "false")
		}
	}
	return fmt.Sprint(nasty[h.IntN(len(nasty))])
}

func (h *hostile) value(s *huma.Schema, depth int) any {
	if name := refOf(s); name != "" {
		s = h.schemas[name]
	}
	if depth > 6 || h.IntN(10) == 0 {
		return nasty[h.IntN(len(nasty))]
	}
	if len(s.Examples) > 0 && h.IntN(2) == 0 {
		return s.Examples[0]
	}
	if len(s.Enum) > 0 {
		return s.Enum[h.IntN(len(s.Enum))]
	}
	switch s.Type {
	case "object":
		object := map[string]any{}
		for name, property := range s.Properties {
			if slices.Contains(s.Required, name) || h.IntN(3) == 0 {
				object[name] = h.value(property, depth+1)
			}
		}
		if h.IntN(20) == 0 {
			object[h.pick("x", "__proto__", "", "touser", strings.Repeat("n", 100))] = nasty[h.IntN(len(nasty))]
		}
		return object
	case "array":
		list := []any{}
		for range h.IntN(4) {
			list = append(list, h.value(s.Items, depth+1))
		}
		return list
	case "integer":
		return h.IntN(300)
	case "boolean":
		return h.IntN(2) == 0
	}
	return h.pick("zhangsan", "crm", "1h", "a:b", "hello", "https://example.com", "13800000002", "lisi@example.com")
}
