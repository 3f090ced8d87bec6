package command

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// loadWorld reads a world from a file: JSON if it begins with "{", YAML otherwise. It is what
// PUT /_sim/world takes, misspelt names and contradictions are errors.
func loadWorld(path string) (simulator.World, error) {
	data, err := readWorldFile(path)
	if err != nil {
		return simulator.World{}, err
	}
	// The simulator's own interface reads it, so that a file and a request cannot differ.
	scratch := simulator.New()
	r, err := http.NewRequest(http.MethodPut, "/_sim/world", bytes.NewReader(data))
	if err != nil {
		return simulator.World{}, err
	}
	answer := answer{header: http.Header{}}
	scratch.ServeHTTP(&answer, r)
	if answer.status != http.StatusOK {
		var refusal struct{ Error string }
		_ = json.Unmarshal(answer.body.Bytes(), &refusal)
		return simulator.World{}, failed("%s: %s", path, refusal.Error).hint(
			"a running simulator shows the form of a world at /_sim/world; in YAML, numbers that are text need quotes",
			"世界文件的格式可在运行中的模拟器 /_sim/world 查看；YAML 中作为文本的数字要加引号")
	}
	return scratch.World(), nil
}

// readWorldFile returns the file as JSON.
func readWorldFile(path string) ([]byte, error) {
	data, err := readFile(path, maxWorldBytes)
	if err != nil {
		return nil, err
	}
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	switch {
	case len(data) == 0:
		return nil, failed("%s: the world is empty", path)
	case data[0] == '{':
		var whole json.RawMessage
		if err := json.Unmarshal(data, &whole); err != nil {
			return nil, explainJSON(path, data, err)
		}
		return data, nil
	}
	var tree any
	if err := yaml.Unmarshal(data, &tree); err != nil {
		return nil, failed("%s: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	data, err = json.Marshal(tree)
	if err != nil {
		return nil, failed("%s: it has no form in JSON, where keys are strings and numbers finite", path)
	}
	return data, nil
}

const maxWorldBytes = 64 << 20 // as much as the simulator takes

// answer keeps what a handler wrote.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }
