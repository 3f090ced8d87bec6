package command

import (
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hongyan-im/hongyan/internal/config"
)

// configHelp is the part of the manual that all commands which read the configuration share.
const configHelp = `
The configuration is the file of -c, else hongyan.yaml here if there is one, and over it the
environment: HONGYAN_LISTEN, HONGYAN_DATABASE, HONGYAN_APPS_CRM_SECRET and so on. "hongyan serve
--example" prints a file with every key, explained.`

// configFile is the flag that names the configuration.
type configFile struct{ path string }

func (f *configFile) addFlags(flags *pflag.FlagSet) {
	flags.StringVarP(&f.path, "config", "c", "", "`FILE` with the configuration, in YAML (default "+usualConfig+" if it is there)")
	_ = cobra.MarkFlagFilename(flags, "config", "yaml", "yml")
}

const usualConfig = "hongyan.yaml"

// load reads the configuration. What is wrong with it is wrong usage: nothing was done.
func (f *configFile) load(cmd *cobra.Command, std Std, secrets bool) (*config.Config, error) {
	if err := filled(cmd, "config"); err != nil {
		return nil, err
	}
	path := f.path
	if path == "" {
		if _, err := os.Stat(usualConfig); err == nil {
			path = usualConfig
		}
	}
	f.path = path
	source := config.Source{File: path, NoSecrets: !secrets}
	if std.Environ != nil {
		source.Environ = std.Environ()
	}
	c, err := config.Load(source)
	if err == nil {
		return c, nil
	}
	wrong := usage(cmd, "%v", err)
	wrong.cause = err
	var problems *config.Error
	switch {
	case errors.As(err, &problems) && path == "":
		wrong.text = "there is no configuration: no " + usualConfig + " here, no -c FILE, and not enough in the environment\n" + err.Error()
		wrong.hint(`"hongyan serve --example > hongyan.yaml" makes a file to begin with`,
			`"hongyan serve --example > hongyan.yaml" 可生成配置样例`)
	case errors.Is(err, fs.ErrNotExist) && problems == nil:
		wrong.hint(`"hongyan serve --example > `+path+`" makes a file to begin with`,
			`"hongyan serve --example > `+path+`" 可生成配置样例`)
	case problems != nil:
		wrong.hint(`"hongyan serve --example" shows every key`, `"hongyan serve --example" 列出所有配置项`)
	}
	return nil, wrong
}

// flag is how the file was named, for commands to copy: " -c FILE", or "".
func (f *configFile) flag() string {
	if f.path == "" || f.path == usualConfig {
		return ""
	}
	return " -c " + quote(f.path)
}
