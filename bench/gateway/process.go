package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	_ "net/http/pprof" // the profiles of a process
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// process is another process of the benchmark.
type process struct {
	role  string
	cmd   *exec.Cmd
	stdin io.Closer
	about about
}

// about is what a process says about itself, in its first line.
type about struct {
	URL     string `json:"url"`     // what it serves
	Control string `json:"control"` // where it is asked about itself
	Key     string `json:"key"`     // of a gateway: an API key
	// Took is how long it took to get ready.
	Took time.Duration `json:"took"`
}

// start starts a process in a role. what it is told is read by hear.
func start(role string, what any) *process {
	told, err := json.Marshal(what)
	check(err)
	cmd := exec.Command(os.Args[0], "-role", role)
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), "BENCH="+string(told))
	in, err := cmd.StdinPipe()
	check(err)
	out, err := cmd.StdoutPipe()
	check(err)
	check(cmd.Start())
	p := &process{role: role, cmd: cmd, stdin: in}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		giveUp("%s: %v", role, err)
	}
	check(json.Unmarshal(line, &p.about))
	return p
}

// stop ends a process in good order.
func (p *process) stop() {
	check(p.stdin.Close())
	if err := p.cmd.Wait(); err != nil {
		giveUp("%s: %v", p.role, err)
	}
}

// ask asks a process about itself.
func (p *process) ask(path string, answer any) {
	resp, err := http.Get(p.about.Control + path)
	check(err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	check(err)
	if resp.StatusCode != http.StatusOK {
		giveUp("%s %s: %s", p.role, path, data)
	}
	check(json.Unmarshal(data, answer))
}

// usage is what a process has used.
type usage struct {
	CPU      time.Duration `json:"cpu"`      // user and kernel
	Resident int64         `json:"resident"` // bytes, now
	Peak     int64         `json:"peak"`     // bytes
}

func (p *process) usage() (u usage) {
	p.ask("/usage", &u)
	return u
}

// profiled takes a CPU profile of the process while do runs, if there is a folder for it.
func (p *process) profiled(s *settings, name string, do func()) {
	if s.profiles == "" {
		do()
		return
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		resp, err := http.Get(p.about.Control + "/debug/pprof/profile?seconds=4")
		check(err)
		defer resp.Body.Close()
		file, err := os.Create(filepath.Join(s.profiles, name+".pprof"))
		check(err)
		_, err = io.Copy(file, resp.Body)
		check(err)
		check(file.Close())
	}()
	do()
	<-ended
}

// hear reads what the process was told.
func hear[T any]() (told T) {
	check(json.Unmarshal([]byte(os.Getenv("BENCH")), &told))
	return told
}

// present says that the process is ready, and serves questions about it until the parent ends it.
func present(a about) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	a.Control = "http://" + listener.Addr().String()
	http.HandleFunc("/usage", func(w http.ResponseWriter, _ *http.Request) { answer(w, ownUsage()) })
	go func() { check(http.Serve(listener, nil)) }()
	line, err := json.Marshal(a)
	check(err)
	fmt.Println(string(line))
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
}

func answer(w http.ResponseWriter, what any) { check(json.NewEncoder(w).Encode(what)) }

func ownUsage() (u usage) {
	var r syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &r))
	u.CPU = time.Duration(r.Utime.Nano() + r.Stime.Nano())
	status, err := os.ReadFile("/proc/self/status")
	check(err)
	for line := range strings.Lines(string(status)) {
		var kb int64
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kb); err == nil {
			u.Resident = kb << 10
		}
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kb); err == nil {
			u.Peak = kb << 10
		}
	}
	return u
}
