package command

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/gateway"
)

// gatewayHelp is the part of the manual that all commands which call a gateway share.
const gatewayHelp = `
The gateway is named by flags, the environment or a profile; a flag wins, then the environment.
  --gateway       HONGYAN_URL           where it is, such as http://127.0.0.1:9470
  --api-key-file  HONGYAN_KEY_FILE      a file that holds the API key
                  HONGYAN_KEY           the key itself
  --app           HONGYAN_APP           the app that sends, by its name in the gateway
  --profile       HONGYAN_PROFILE       all three, from ~/.config/hongyan/profiles.yaml:
    default: prod
    profiles:
      prod: {url: https://hongyan.example.com, key_file: prod.key, app: crm}`

// gatewayFlags is the flags that say which gateway is asked, and as whom.
type gatewayFlags struct {
	url, keyFile, profile, app string
	patience                   time.Duration
}

func (g *gatewayFlags) addFlags(flags *pflag.FlagSet) {
	g.addAddress(flags)
	flags.DurationVar(&g.patience, "timeout", 15*time.Second, "give up after this `TIME`, such as 10s or 1m, beside what --wait says")
}

// addAddress adds the flags but for --timeout, which commands that can do without a gateway have too.
func (g *gatewayFlags) addAddress(flags *pflag.FlagSet) {
	flags.StringVar(&g.app, "app", "", "`NAME` of the app in the gateway's configuration")
	flags.StringVar(&g.url, "gateway", "", "`URL` of the gateway")
	flags.StringVar(&g.keyFile, "api-key-file", "", "`FILE` that holds the API key")
	flags.StringVar(&g.profile, "profile", "", "`NAME` of a profile that says all this")
	_ = cobra.MarkFlagFilename(flags, "api-key-file")
}

// link is a gateway that was found, with its client.
type link struct {
	*gateway.Client
	url, app string
}

// connect finds the gateway and makes its client. What is missing is told at once.
func (g *gatewayFlags) connect(cmd *cobra.Command, c *cli) (*link, error) {
	getenv := c.std.Getenv
	if err := filled(cmd, "gateway", "profile", "api-key-file", "app"); err != nil {
		return nil, err
	}
	if g.patience <= 0 {
		return nil, usage(cmd, "--timeout %v: it must be longer than nothing", g.patience)
	}
	found, err := g.fromProfile(cmd, c)
	if err != nil {
		return nil, err
	}
	found.URL = cmp.Or(g.url, getenv("HONGYAN_URL"), found.URL)
	found.App = cmp.Or(g.app, getenv("HONGYAN_APP"), found.App)
	key, err := g.key(cmd, getenv, found)
	if err != nil {
		return nil, err
	}
	if found.URL == "" || key == "" {
		var missing []string
		if found.URL == "" {
			missing = append(missing, "the gateway (HONGYAN_URL)")
		}
		if key == "" {
			missing = append(missing, "its API key (HONGYAN_KEY or --api-key-file)")
		}
		return nil, usage(cmd, "not set: %s", strings.Join(missing, ", ")).hint(
			`"hongyan key create" makes a key on the gateway's machine; "hongyan dev" runs a gateway to try, at http://127.0.0.1:9470 with the key `+devKey,
			`key 在网关所在机器上用 "hongyan key create" 创建；"hongyan dev" 会启动一个可试用的网关，地址 http://127.0.0.1:9470，key 为 `+devKey)
	}
	client, err := gateway.New(gateway.Config{
		URL: found.URL, Key: key, App: found.App, Robot: "", Timeout: g.patience, Retry: g.patience, Lang: pick[wecom.Lang](c.lang, "en", "zh-CN"),
	})
	var wrong *gateway.ConfigError
	if errors.As(err, &wrong) {
		name := map[string]string{"URL": "gateway (--gateway, HONGYAN_URL)", "Key": "API key (HONGYAN_KEY, --api-key-file)"}[wrong.Field]
		return nil, usage(cmd, "%s %s", cmp.Or(name, wrong.Field), wrong.Detail)
	}
	if err != nil {
		return nil, err
	}
	return &link{client, found.URL, found.App}, nil
}

// fromProfile is what the profile says that was asked for; or the default one if nothing else names a
// gateway.
func (g *gatewayFlags) fromProfile(cmd *cobra.Command, c *cli) (profile, error) {
	name := cmp.Or(g.profile, c.std.Getenv("HONGYAN_PROFILE"))
	if given(cmd, "gateway") != "" && g.profile == "" {
		return profile{}, nil // another gateway than that of the environment has another key
	}
	if name == "" && c.std.Getenv("HONGYAN_URL") != "" {
		return profile{}, nil
	}
	file, err := c.loadProfiles()
	if err != nil {
		return profile{}, err
	}
	if name = cmp.Or(name, file.Default); name == "" {
		return profile{}, nil
	}
	return file.find(cmd, name)
}

// key is the API key: of the flag, of the profile that a flag names, of the environment, or of another
// profile.
func (g *gatewayFlags) key(cmd *cobra.Command, getenv func(string) string, found profile) (string, error) {
	path, key := g.keyFile, ""
	if path == "" && g.profile == "" {
		path, key = getenv("HONGYAN_KEY_FILE"), strings.TrimSpace(getenv("HONGYAN_KEY"))
		if path != "" && key != "" {
			return "", usage(cmd, "both HONGYAN_KEY and HONGYAN_KEY_FILE are set").hint("unset one of them", "请去掉其中一个")
		}
	}
	if path == "" && key == "" {
		path, key = found.KeyFile, strings.TrimSpace(found.Key)
	}
	if path == "" {
		return key, nil
	}
	return readSecret("API key", path,
		"--api-key-file, HONGYAN_KEY_FILE or key_file names a file with nothing but the API key in it",
		"--api-key-file、HONGYAN_KEY_FILE 或 key_file 应指向只含 API key 的文件")
}

// needsApp makes sure that somebody said which app sends.
func (l *link) needsApp(cmd *cobra.Command) error {
	if l.app != "" {
		return nil
	}
	return usage(cmd, "which app sends? --app NAME or HONGYAN_APP").hint(
		`it is the app's name in the gateway's configuration: "hongyan app list" lists them`,
		`填网关配置中的应用名称，可用 "hongyan app list" 查看`)
}
