package command

import (
	"bytes"
	"encoding/json"
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
	world, err := simulator.ParseWorld(data)
	if err != nil {
		return simulator.World{}, failed("%s: %w", path, err).hint(
			"a running simulator shows the form of a world at /_sim/world; in YAML, numbers that are text need quotes",
			"世界文件的格式可在运行中的模拟器 /_sim/world 查看；YAML 中作为文本的数字要加引号")
	}
	return world, nil
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
