package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// TestMain lets the scripts run this test binary as the program hongyan.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"hongyan": func() {
		os.Exit(Run(context.Background(), os.Args[1:], Std{
			In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Environ: os.Environ, Program: Program(),
		}))
	}})
}

// TestScripts runs the specification of the command line: testdata/script. Each script has a
// simulator of its own, at $SIM and in HONGYAN_BASE_URL, with the app of the default world set.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup:               setupScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": scriptExits,
			"ask":   scriptAsk,
			"grab":  scriptGrab,
			"make":  scriptMake,

			"gateway": scriptGateway,
		},
	})
}

func setupScript(env *testscript.Env) error {
	serve := func(h http.Handler) string {
		server := httptest.NewServer(h)
		env.Defer(server.Close)
		return server.URL
	}
	sim := serve(simulator.New(simulator.WithSlowAnswer(time.Minute)))
	closed, err := closedAddress()
	if err != nil {
		return err
	}
	env.Vars = append(env.Vars,
		"GORACE=atexit_sleep_ms=0", // a program built with -race would otherwise stay a second longer
		"SIM="+sim,
		"SIM_ADDR="+strings.TrimPrefix(sim, "http://"),
		"HTML="+serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "<html><head><title>Please log in</title></head>%s</html>", r.URL)
		})),
		"SILENT="+serve(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })),
		"CLOSED=http://"+closed,
		"HONGYAN_BASE_URL="+sim,
		"HONGYAN_CORP_ID=ww0000000000000001",
		"HONGYAN_AGENT_ID=1000002",
		"HONGYAN_SECRET=sim-secret-1000002",
		"HONGYAN_TOKEN_DIR=off", // each run of the program begins without a token
		"TEXT_2049="+strings.Repeat("x", 2049),
		"TITLE_129="+strings.Repeat("题", 129),
		"ROBOT=00000000-0000-0000-0000-000000000001",
		"TEXT_5000="+strings.Repeat("disk full\n", 500),
		"TEXT_44000="+strings.Repeat("disk full\n", 4400),
		"USERS_1001="+strings.Repeat("u,", 1000)+"u",
	)
	return nil
}

// scriptGrab is "grab NAME REGEXP": what the group of the expression finds in the last standard output
// becomes a variable.
func scriptGrab(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: grab NAME REGEXP")
	}
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) != 2 {
		ts.Fatalf("%s is not in the output", args[1])
	}
	ts.Setenv(args[0], found[1])
}

// scriptMake is "make FILE SIZE [BEGINNING]": a file of so many bytes.
func scriptMake(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: make FILE SIZE [BEGINNING]")
	}
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	data := make([]byte, size)
	if len(args) > 2 {
		copy(data, map[string]string{"png": "\x89PNG\r\n\x1a\n", "jpg": "\xff\xd8\xff", "amr": "#!AMR\n", "mp4": "\x00\x00\x00\x20ftypisom"}[args[2]])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
}

// closedAddress is one at which nothing listens.
func closedAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// scriptExits is "exits CODE program args…".
func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE program args...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// scriptAsk is "ask METHOD PATH [FILE]": a request to the simulator, whose answer is the standard
// output.
func scriptAsk(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: ask METHOD PATH [FILE]")
	}
	var body io.Reader
	if len(args) > 2 {
		body = strings.NewReader(ts.ReadFile(args[2]))
	}
	req, err := http.NewRequest(args[0], ts.Getenv("SIM")+args[1], body)
	ts.Check(err)
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	_, err = io.Copy(ts.Stdout(), resp.Body)
	ts.Check(err)
	if resp.StatusCode != http.StatusOK {
		ts.Fatalf("%s %s: %s", args[0], args[1], resp.Status)
	}
}
