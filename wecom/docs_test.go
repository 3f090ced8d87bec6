package wecom

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The samples of docs/messages.md: Go that is a message, and below it the JSON that it is.
var docsSample = regexp.MustCompile("(?s)```go\n(wecom\\.((?:Chat|Robot)?Message)\\{.*?\n)```\n+```json\n(.*?)```")

// What the documentation shows must build, be valid, and be the JSON that stands below it.
func TestDocsSamples(t *testing.T) {
	page, err := os.ReadFile("../docs/messages.md")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("this module is alone here, without the repository's documentation")
	} else if err != nil {
		t.Fatal(err)
	}
	samples := docsSample.FindAllSubmatch(page, -1)
	if len(samples) < 19 {
		t.Fatalf("%d samples found", len(samples))
	}
	var program bytes.Buffer
	program.WriteString("package main\n\nimport (\n\t\"encoding/json\"\n\t\"os\"\n\n\t\"github.com/hongyan-im/hongyan/wecom\"\n)\n\n" +
		"func main() {\n\tfor _, m := range []any{\n")
	for _, s := range samples {
		fmt.Fprintf(&program, "%s,\n", bytes.TrimSpace(s[1]))
		formatted, err := format.Source(s[1])
		if err != nil || string(formatted) != string(s[1]) {
			t.Errorf("gofmt: %v\n%s", err, s[1])
		}
	}
	program.WriteString("\t} {\n\t\tif err := json.NewEncoder(os.Stdout).Encode(m); err != nil {\n\t\t\tpanic(err)\n\t\t}\n\t}\n}\n")
	lines := strings.Split(strings.TrimSpace(runProgram(t, program.Bytes())), "\n")
	for i, s := range samples {
		if canonical(t, []byte(lines[i])) != canonical(t, s[3]) {
			t.Errorf("the Go is\n%s\nand the JSON\n%s", lines[i], s[3])
		}
		m := map[string]interface{ Validate() error }{"Message": &Message{}, "ChatMessage": &ChatMessage{}, "RobotMessage": &RobotMessage{}}[string(s[2])]
		if err := json.Unmarshal(s[3], m); err != nil {
			t.Errorf("%v in\n%s", err, s[3])
		} else if err := m.Validate(); err != nil {
			t.Errorf("%v in\n%s", err, s[3])
		}
	}
}

// runProgram returns what a program prints that imports this module.
func runProgram(t *testing.T, program []byte) string {
	t.Helper()
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mod := "module docs\n\ngo 1.24\n\nrequire github.com/hongyan-im/hongyan/wecom v0.0.0\n\nreplace github.com/hongyan-im/hongyan/wecom => " + strconv.Quote(here) + "\n"
	for name, data := range map[string][]byte{"go.mod": []byte(mod), "main.go": program} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "run", ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	return string(out)
}
