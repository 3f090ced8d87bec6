package command

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
)

// profiles is the file that names gateways: ~/.config/hongyan/profiles.yaml.
type profiles struct {
	path     string
	Default  string             `yaml:"default"`
	Profiles map[string]profile `yaml:"profiles"`
}

// profile is one gateway, and how to speak to it.
type profile struct {
	URL     string `yaml:"url"`
	Key     string `yaml:"key"`
	KeyFile string `yaml:"key_file"` // relative to the file of the profiles
	App     string `yaml:"app"`
}

const maxProfileBytes = 1 << 20

// profilesPath is where the file is, or "" if there is no home.
func profilesPath(getenv func(string) string) string {
	dir := getenv("XDG_CONFIG_HOME")
	if dir == "" && getenv("HOME") != "" {
		dir = filepath.Join(getenv("HOME"), ".config")
	}
	if dir == "" && runtime.GOOS == "windows" {
		dir = getenv("AppData")
	}
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "hongyan", "profiles.yaml")
}

// loadProfiles reads the file. One that is not there has no profiles.
func (c *cli) loadProfiles() (*profiles, error) {
	p := &profiles{path: profilesPath(c.std.Getenv)}
	if p.path == "" {
		return p, nil
	}
	file, err := os.Open(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, failed("%w", err)
	}
	defer file.Close()
	data, err := readLimited(p.path, file, maxProfileBytes)
	if err != nil {
		return nil, err
	}
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	dec.KnownFields(true)
	if err := dec.Decode(p); err != nil && len(strings.TrimSpace(string(data))) > 0 {
		return nil, failed("%s: it is not what a file of profiles is", p.path).hint(
			"it is such as\n"+profileExample, "格式如下：\n"+profileExample) // the text of the error would quote the file
	}
	if info, err := file.Stat(); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 && p.holdsKeys() {
		c.warn(p.path+" holds a key, and others on this machine can read it", "chmod 600 "+quote(p.path))
	}
	return p, nil
}

const profileExample = `default: prod
profiles:
  prod: {url: https://hongyan.example.com, key_file: prod.key, app: crm}`

func (p *profiles) holdsKeys() bool {
	for _, one := range p.Profiles {
		if one.Key != "" {
			return true
		}
	}
	return false
}

// find returns the profile of a name, whose relative paths are made whole.
func (p *profiles) find(cmd *cobra.Command, name string) (profile, error) {
	one, ok := p.Profiles[name]
	if !ok {
		where := p.path
		if where == "" {
			where = "~/.config/hongyan/profiles.yaml"
		}
		wrong := usage(cmd, "there is no profile %q in %s", name, where)
		if names := slices.Sorted(maps.Keys(p.Profiles)); len(names) > 0 {
			return one, wrong.hint("it has "+strings.Join(names, ", "), "已有："+strings.Join(names, "、"))
		}
		return one, wrong.hint("it is such as\n"+profileExample, "格式如下：\n"+profileExample)
	}
	switch {
	case one.URL == "":
		return one, usage(cmd, "%s: the profile %s has no url", p.path, name)
	case one.Key != "" && one.KeyFile != "":
		return one, usage(cmd, "%s: the profile %s has both key and key_file", p.path, name)
	case one.KeyFile != "" && !filepath.IsAbs(one.KeyFile):
		one.KeyFile = filepath.Join(filepath.Dir(p.path), one.KeyFile)
	}
	return one, nil
}

// String names the profile's gateway, and not its key.
func (p profile) String() string { return fmt.Sprintf("%s app=%s", p.URL, p.App) }
