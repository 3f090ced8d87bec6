package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// WeCom is how WeCom is reached, as in wecom.Config.
type WeCom struct{ BaseURL, Proxy string }

// reached is what a call without credentials told.
type reached struct {
	ok bool
	ip string // from which WeCom saw it come, or ""
}

const (
	subjectWeCom = "wecom"
	// probeOp is a call that costs WeCom nothing. It is made without a token, so it is refused: that
	// answer comes from WeCom, and has its time, and mostly the caller's address, in it.
	probeOp   = "getcallbackip"
	mostProbe = 64 << 10 // bytes of its answer
	// How far this machine's clock may be from WeCom's.
	clockYellow, clockRed = 30 * time.Second, 5 * time.Minute
)

// look finds out whether WeCom answers, what its clock says, and from where it sees this machine.
func (w WeCom) look(ctx context.Context, now func() time.Time) ([]Finding, reached) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found := Finding{Subject: subjectWeCom, Check: CheckConnection}
	base := strings.TrimRight(w.BaseURL, "/")
	if base == "" {
		base = wecom.DefaultBaseURL
	}
	host := base
	if u, err := url.Parse(base); err == nil {
		host = u.Scheme + "://" + u.Host
	}
	date, ip, failure := w.probe(ctx, base, now)
	if failure != nil {
		failure.Op, failure.Host = probeOp, host
		found.fail(failure)
		return []Finding{found, skipped(subjectWeCom, CheckClock)}, reached{}
	}
	found.Level, found.CallerIP = Green, ip
	found.Text = Text{host + " answers", host + " 有应答"}
	if ip != "" {
		found.Text.EN += ", and sees this machine as " + ip
		found.Text.ZH += "，它看到的本机地址是 " + ip
	}
	return []Finding{found, date}, reached{true, ip}
}

// probe makes the call. The finding is about the clock.
func (w WeCom) probe(ctx context.Context, base string, now func() time.Time) (clock Finding, ip string, failure *wecom.TransportError) {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: 5 * time.Second, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	if w.Proxy != "" {
		proxy, err := url.Parse(w.Proxy)
		if err != nil {
			return Finding{}, "", &wecom.TransportError{Err: errors.New("the proxy is not a URL")}
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	client := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/cgi-bin/"+probeOp, nil)
	if err != nil {
		return Finding{}, "", &wecom.TransportError{Err: errors.New("the base URL is not a URL")}
	}
	began, steady := now(), time.Now()
	resp, err := client.Do(req)
	if err != nil {
		var where *url.Error
		if errors.As(err, &where) {
			err = where.Err
		}
		return Finding{}, "", &wecom.TransportError{Err: err}
	}
	defer resp.Body.Close()
	middle := began.Add(time.Since(steady) / 2)
	data, err := io.ReadAll(io.LimitReader(resp.Body, mostProbe))
	var answer struct {
		ErrCode *int   `json:"errcode"`
		ErrMsg  string `json:"errmsg"`
	}
	switch {
	case err != nil:
		return Finding{}, "", &wecom.TransportError{Err: err}
	case resp.StatusCode != http.StatusOK:
		return Finding{}, "", &wecom.TransportError{Status: resp.StatusCode, Err: errors.New("HTTP " + resp.Status)}
	case json.Unmarshal(data, &answer) != nil || answer.ErrCode == nil:
		return Finding{}, "", &wecom.TransportError{Status: resp.StatusCode, Err: errors.New("the answer is not WeCom's JSON")}
	}
	if found := callerIP.FindStringSubmatch(answer.ErrMsg); found != nil {
		ip = found[1]
	}
	return clockFinding(middle, resp.Header.Get("Date")), ip, nil
}

var callerIP = regexp.MustCompile(`, from ip: ([0-9A-Fa-f.:]+)`)

// clockFinding compares this machine's time with that of an answer, which is in whole seconds.
func clockFinding(here time.Time, date string) Finding {
	found := Finding{Subject: subjectWeCom, Check: CheckClock}
	there, err := http.ParseTime(date)
	if err != nil {
		found.Level = Skipped
		found.Text = Text{"the answer has no time to compare with", "应答中没有可供比较的时间"}
		return found
	}
	ahead := here.Sub(there.Add(time.Second / 2)).Round(time.Second)
	off := ahead.Abs()
	en, zh := "ahead of", "快"
	if ahead < 0 {
		en, zh = "behind", "慢"
	}
	found.Text = Text{
		fmt.Sprintf("this machine's clock is %v %s WeCom's", off, en),
		fmt.Sprintf("本机时钟比企业微信%s %v", zh, off),
	}
	switch {
	case off <= 2*time.Second:
		found.Level = Green
		found.Text = Text{"this machine's clock agrees with WeCom's", "本机时钟与企业微信一致"}
	case off <= clockYellow:
		found.Level = Green
		return found
	case off <= clockRed:
		found.Level = Yellow
	default:
		found.Level = Red
	}
	if found.Level != Green {
		found.Hint = Text{
			"switch on the time service of this machine (chrony, systemd-timesyncd): limits of the day, delays and callbacks go by its clock",
			"请开启本机的时间同步（chrony、systemd-timesyncd）：按天的限额、定时发送和回调都依赖本机时钟",
		}
	}
	return found
}

// fail says what an error of the SDK means.
func (f *Finding) fail(err error) {
	f.Level = Red
	f.Text = Text{plain(err), plain(err)}
	var (
		refused *wecom.Error
		hinter  interface{ Hint(wecom.Lang) string }
	)
	if errors.As(err, &refused) {
		f.ErrCode, f.CallerIP = refused.Code, refused.CallerIP
	}
	if errors.As(err, &hinter) {
		f.Hint = Text{hinter.Hint(wecom.English), hinter.Hint(wecom.Chinese)}
	}
}

func plain(err error) string { return strings.TrimPrefix(err.Error(), "wecom: ") }

func skipped(subject, check string) Finding {
	return Finding{Subject: subject, Check: check, Level: Skipped, Text: Text{"not looked at, because of what is red", "因上述问题未检查"}}
}
