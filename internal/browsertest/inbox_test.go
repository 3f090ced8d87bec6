package browsertest

import (
	"bufio"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/hongyan-im/hongyan/internal/command"
	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

var screenshots = flag.String("screenshots", "", "folder to write the pictures of the README to")

// startDev runs "hongyan dev" in this process and returns the address that it prints first.
func startDev(t *testing.T, flags ...string) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	in, out := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- command.Run(ctx, append([]string{"dev", "--listen", "127.0.0.1:0", "--sim-listen", "127.0.0.1:0"}, flags...), command.Std{
			In: strings.NewReader(""), Out: out, Err: io.Discard, Getenv: func(string) string { return "" }, Program: "hongyan",
		})
		_ = out.Close()
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("hongyan dev ended with %d", code)
		}
	})
	lines := bufio.NewReader(in)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("hongyan dev printed nothing: %v", err)
	}
	for line := ""; !strings.HasPrefix(line, "Ctrl-C"); { // all three samples are sent by then
		if line, err = lines.ReadString('\n'); err != nil {
			t.Fatalf("hongyan dev ended early: %v", err)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	_, url, _ := strings.Cut(first, "http://")
	return "http://" + strings.TrimSuffix(strings.Fields(url)[0], "/")
}

// What "hongyan dev" promises: three messages, in the browser, in both languages; and new ones by
// themselves.
func TestInbox(t *testing.T) {
	url := startDev(t)
	b := openBrowser(t, url)
	b.open(url+"/?user=zhangsan&lang=en", 1280, 860)
	b.waitFor("the page is live", `document.querySelector("#live").dataset.state === "on"`)
	for _, want := range []string{"领奖通知", "恭喜你抽中", "更多", "磁盘已满", "详情"} {
		b.waitFor("zhangsan's phone shows it", `document.querySelector("#items").innerText.includes("`+want+`")`)
	}
	b.waitFor("it is zhangsan's alone", `!document.querySelector("#items").innerText.includes("你好，鹏伟")`)
	b.picture("inbox.png")

	client, err := wecom.New(wecom.Config{CorpID: wecomtest.CorpID, AgentID: wecomtest.AgentID, Secret: wecomtest.Secret, BaseURL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	text := "部署完成 <script>alert(1)</script>\n<a href=\"https://ci.example.com/812\">看日志</a>"
	if _, err := client.Send(t.Context(), wecom.Message{To: wecom.To{Users: []string{"zhangsan", "lisi"}}, Body: wecom.Text{Content: text}}); err != nil {
		t.Fatal(err)
	}
	b.waitFor("the new message appears by itself", `document.querySelector("#items").innerText.includes("部署完成 <script>alert(1)</script>")`)
	b.waitFor("its link is a link", `document.querySelector('#items a[href="https://ci.example.com/812"]').innerText === "看日志"`)
	b.waitFor("lisi has one more unread", `document.querySelector('[data-user="lisi"] .badge b').innerText === "2"`)

	b.click(`a.switch.only-wide`)
	b.waitFor("the page is Chinese", `document.documentElement.lang.startsWith("zh")`)
	b.waitFor("it stayed with zhangsan", `document.querySelector("#thread").dataset.user === "zhangsan"`)

	b.click(`a[data-user="ChenPengWei"]`)
	b.waitFor("ChenPengWei's phone", `document.querySelector("#items").innerText.includes("你好，鹏伟")`)
	b.picture("inbox.zh.png")
}

// On a phone the list comes first and a tap leads to the messages; in the dark the page is dark.
// Nothing is wider than the screen.
func TestInboxOnAPhone(t *testing.T) {
	url := startDev(t)
	b := openBrowser(t, url)
	b.do("the dark", func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
		})
		return chromedp.Void{}, err
	})
	b.open(url+"/", 390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch)
	b.waitFor("the list is there", `document.querySelector('a[data-user="zhangsan"]').offsetParent !== null`)
	b.click(`a[data-user="zhangsan"]`)
	b.waitFor("zhangsan's messages", `(document.querySelector("#items")?.innerText ?? "").includes("领奖通知")`)
	b.waitFor("nothing is wider than the screen", `document.documentElement.scrollWidth <= 390`)
	b.waitFor("it is dark", `getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).every(c => c < 80)`)
	b.waitFor("there is a way back", `document.querySelector("a.back").offsetParent !== null`)
}

// picture writes what the tab shows, if pictures are wanted.
func (b *browser) picture(name string) {
	if *screenshots == "" {
		return
	}
	b.t.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(*screenshots, name), png, 0o644)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}
