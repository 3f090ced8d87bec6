package wecom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Do makes a call that has no method of its own here: GET or POST, at a path such as
// "externalcontact/get" (with or without "/cgi-bin/" before it), with these parameters in the query
// and in as the JSON body of a POST. in may be nil, and is JSON already if it is a json.RawMessage.
// The answer is decoded into out, unless that is nil; a *json.RawMessage gets it as it is.
//
// The client adds the access_token, renews a dead one and repeats the call once, as for its other
// methods, and the errors are theirs. What WeCom answered beside an errcode other than 0 is in out
// too. Any JSON without an errcode is a success, since some calls answer so.
func (c *Client) Do(ctx context.Context, method, path string, query url.Values, in, out any) error {
	op, err := checkDo(method, path, query, in)
	if err != nil {
		return err
	}
	var body bytes.Buffer
	if in != nil {
		if err := writeJSON(&body, in); err != nil {
			return fmt.Errorf("wecom: %s: the request is not JSON: %w", op, err)
		}
	}
	var a rawAnswer
	err = c.call(ctx, &request{
		method: method, op: op, query: query.Encode(), body: body.Bytes(), answer: &a, most: maxListBytes,
	})
	var refused *Error
	if out == nil || err != nil && !errors.As(err, &refused) {
		return err
	}
	if wrong := json.Unmarshal(a.raw, out); wrong != nil && err == nil {
		return fmt.Errorf("wecom: %s: the answer does not fit into %T: %w", op, out, wrong)
	}
	return err
}

// checkDo returns the path under /cgi-bin/. Nothing in it may lead the token elsewhere.
func checkDo(method, path string, query url.Values, in any) (op string, err error) {
	op = strings.TrimPrefix(strings.TrimPrefix(path, "/"), "cgi-bin/")
	wrong := func(field string, problem Problem, detail string) error {
		return invalid("call", FieldError{Field: field, Problem: problem, Detail: detail})
	}
	switch {
	case method != http.MethodGet && method != http.MethodPost:
		return "", wrong("method", NotKnown, fmt.Sprintf("WeCom knows GET and POST, given %.10q", method))
	case method == http.MethodGet && in != nil:
		return "", wrong("method", Conflict, "GET has no body")
	case op == "":
		return "", wrong("path", Missing, `such as "externalcontact/get"`)
	case strings.Contains(op, "://"):
		return "", wrong("path", Malformed, "it is a path, without scheme and host: they are those of the client")
	case strings.Contains(op, "?"):
		return "", wrong("path", Malformed, "parameters do not go into the path but into query")
	case strings.ContainsFunc(op, notInPath), strings.Contains(op, ".."), strings.Contains(op, "//"), op[0] == '/':
		return "", wrong("path", Malformed, "it is made of names, with a slash between them")
	case op == opGettoken:
		return "", wrong("path", Conflict, "the client gets its token itself: see Client.Token")
	}
	for name := range query {
		if strings.EqualFold(name, "access_token") || strings.EqualFold(name, "corpsecret") {
			return "", wrong("query", Conflict, strings.ToLower(name)+" is the client's own affair")
		}
	}
	return op, nil
}

func notInPath(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/_-.", r))
}

// rawAnswer is an answer of which nothing but the errcode is known.
type rawAnswer struct {
	status
	raw json.RawMessage
}

func (a *rawAnswer) UnmarshalJSON(data []byte) error {
	if data[0] != '{' {
		return errors.New("not an object")
	}
	a.raw = bytes.Clone(data)
	return json.Unmarshal(data, &a.status)
}

func (a *rawAnswer) complete() bool { return len(a.raw) > 0 }
