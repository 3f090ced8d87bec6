package config

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/v2"
)

// Source is where a configuration comes from.
type Source struct {
	File    string   // "" means that there is none
	Environ []string // as of os.Environ
	// NoSecrets leaves the secrets of apps and robots out, and what is wrong with them: for commands
	// that need none, and may be called by somebody who cannot read them.
	NoSecrets bool
}

// Load reads a configuration. If it cannot be used the error is an *[Error], or that of the operating
// system about the file.
func Load(s Source) (*Config, error) {
	var data []byte
	if s.File != "" {
		var err error
		if data, err = readFile(s.File); err != nil {
			return nil, err
		}
	}
	return s.parse(data)
}

func (s Source) parse(data []byte) (*Config, error) {
	found := &problems{lines: map[string]int{}}
	file := reader{problems: found, getenv: s.lookupEnv, noSecrets: s.NoSecrets}
	tree := file.read(data)
	if file.unusable {
		return nil, found.err(s.File)
	}
	variables := environ{problems: found, names: map[string]string{}}
	k := koanf.New(".")
	err := k.Load(confmap.Provider(defaults(), ""), nil)
	if err == nil {
		err = k.Load(confmap.Provider(tree, ""), nil)
	}
	if err == nil {
		err = k.Load(env.Provider(".", env.Opt{
			Prefix: Prefix, TransformFunc: variables.key, EnvironFunc: func() []string { return s.Environ },
		}), nil, koanf.WithMergeFunc(variables.merge))
	}
	c := &Config{dir: filepath.Dir(s.File)}
	if s.File == "" {
		c.dir = ""
	}
	if err == nil {
		err = k.Unmarshal("", c)
	}
	if err != nil {
		return nil, err
	}
	check := checker{problems: found, Config: c, variables: variables.names, inFile: listsOf(tree), noSecrets: s.NoSecrets}
	check.all()
	if err := found.err(s.File); err != nil {
		return nil, err
	}
	return c, nil
}

// listsOf counts the apps and robots of the file.
func listsOf(tree map[string]any) map[string]int {
	counts := map[string]int{}
	for name, value := range tree {
		if list, ok := value.([]any); ok {
			counts[name] = len(list)
		}
	}
	return counts
}

func (s Source) lookupEnv(name string) (string, bool) {
	at := slices.IndexFunc(s.Environ, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
	if at < 0 || name == "" {
		return "", false
	}
	return s.Environ[at][len(name)+1:], true
}
