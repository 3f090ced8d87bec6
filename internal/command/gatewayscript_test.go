package command

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptGateway is "gateway": a real gateway to the script's simulator, in this process, with the apps
// crm and ops and the robot ops. HONGYAN_URL, HONGYAN_KEY (for all, with all scopes) and HONGYAN_APP
// name it, and $READER is a key that may look alone; the settings for the direct way are taken away.
func scriptGateway(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: gateway")
	}
	dir := ts.MkAbs("gateway")
	ts.Check(os.MkdirAll(dir, 0o700))
	path := filepath.Join(dir, "hongyan.yaml")
	ts.Check(os.WriteFile(path, []byte(`listen: 127.0.0.1:0
database: sqlite:hongyan.db
wecom: {base_url: "`+ts.Getenv("SIM")+`"}
apps:
  - {name: crm, corp_id: ww0000000000000001, agent_id: 1000002, secret: sim-secret-1000002}
  - {name: ops, corp_id: ww0000000000000001, agent_id: 1000003, secret: sim-secret-1000003}
robots:
  - {name: ops, key: 00000000-0000-0000-0000-000000000001}
`), 0o600))
	key := func(name, scopes string) string {
		var out, errOut bytes.Buffer
		if code := Run(context.Background(), []string{"key", "create", "--name", name, "--all", "--scope", scopes, "-c", path}, inProcess(&out, &errOut)); code != 0 {
			ts.Fatalf("key create: %s", &errOut)
		}
		return strings.TrimSpace(out.String())
	}
	ts.Setenv("HONGYAN_KEY", key("all", "send,read,manage,token"))
	ts.Setenv("READER", key("reader", "read"))

	ctx, stop := context.WithCancel(context.Background())
	out, in := io.Pipe()
	ended := make(chan string, 1)
	go func() {
		var errOut bytes.Buffer
		Run(ctx, []string{"serve", "-c", path}, inProcess(in, &errOut))
		in.Close()
		ended <- errOut.String()
	}()
	ts.Defer(func() {
		stop()
		log := <-ended
		if os.Getenv("GATEWAY_LOG") != "" {
			ts.Logf("%s", log)
		}
	})
	url := ""
	lines := bufio.NewScanner(out)
	for url == "" && lines.Scan() {
		if found := regexp.MustCompile(`^gateway +(http://\S+)/ `).FindStringSubmatch(lines.Text()); found != nil {
			url = found[1]
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	if url == "" {
		ts.Fatalf("the gateway does not start: %s", <-ended)
	}
	ts.Setenv("HONGYAN_URL", url)
	ts.Setenv("HONGYAN_APP", "crm")
	for _, name := range []string{"HONGYAN_CORP_ID", "HONGYAN_AGENT_ID", "HONGYAN_SECRET", "HONGYAN_BASE_URL"} {
		ts.Setenv(name, "")
	}
}

func inProcess(out, errOut io.Writer) Std {
	return Std{In: strings.NewReader(""), Out: out, Err: errOut, Getenv: func(string) string { return "" }}
}
