package command

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hongyan-im/hongyan/wecom"
)

// connectHelp is the part of the manual that all commands which call WeCom share.
const connectHelp = `
The app that sends is described by flags or by the environment; a flag wins.
  --corp-id       HONGYAN_CORP_ID       企业ID, under 我的企业 in the admin console
  --agent-id      HONGYAN_AGENT_ID      AgentId, on the app's page there
  --secret-file   HONGYAN_SECRET_FILE   a file that holds the Secret of that page
                  HONGYAN_SECRET        the Secret itself
  --base-url      HONGYAN_BASE_URL      where the API is, such as a simulator
  --proxy         HONGYAN_PROXY         http://, https:// or socks5:// (else HTTPS_PROXY and its kin)
  --redis         HONGYAN_REDIS         a Redis that keeps the token for many machines
  --token-dir     HONGYAN_TOKEN_DIR     a folder that keeps it, or off (else the user's cache)
There is no --secret, because the list of processes (ps) would show it to everybody.`

// connection is the flags that say which app calls which WeCom.
type connection struct {
	corpID, agentID, secretFile, baseURL, proxy string
	redis, tokenDir                             string

	timeout time.Duration // of the whole command
}

func (n *connection) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&n.corpID, "corp-id", "", "`ID` of the corp, 企业ID")
	flags.StringVar(&n.agentID, "agent-id", "", "`NUMBER` of the app, AgentId")
	flags.StringVar(&n.secretFile, "secret-file", "", "`FILE` that holds the app's secret")
	flags.StringVar(&n.baseURL, "base-url", "", "`URL` of the API (default "+wecom.DefaultBaseURL+")")
	flags.StringVar(&n.proxy, "proxy", "", "`URL` of a proxy")
	flags.StringVar(&n.redis, "redis", "", "`URL` of a Redis that keeps the token for many machines")
	flags.StringVar(&n.tokenDir, "token-dir", "", "`DIR` that keeps the token for this machine, or off")
	flags.DurationVar(&n.timeout, "timeout", 15*time.Second, "give up after this `TIME`, such as 10s or 1m; a file may take longer, but no pause in it")
	_ = cobra.MarkFlagFilename(flags, "secret-file")
}

// config describes the app. Its AgentID is 0 if nobody named one.
func (n *connection) config(cmd *cobra.Command, getenv func(string) string) (wecom.Config, error) {
	config := wecom.Config{
		CorpID:  setting(getenv, n.corpID, "HONGYAN_CORP_ID"),
		BaseURL: setting(getenv, n.baseURL, "HONGYAN_BASE_URL"),
		Proxy:   setting(getenv, n.proxy, "HONGYAN_PROXY"),
		Timeout: n.timeout,
	}
	if err := n.checkTimeout(cmd); err != nil {
		return wecom.Config{}, err
	}
	if text := setting(getenv, n.agentID, "HONGYAN_AGENT_ID"); text != "" {
		id, err := strconv.Atoi(text)
		if err != nil || id <= 0 {
			return wecom.Config{}, usage(cmd, "agent id (--agent-id, HONGYAN_AGENT_ID) %q is not a number such as 1000002", text).
				hint("AgentId stands on the app's page in the admin console (应用管理)", "AgentId 见管理后台「应用管理」中该应用的页面")
		}
		config.AgentID = id
	}
	var err error
	config.Secret, err = n.secret(cmd, getenv)
	return config, err
}

// setting is the value of a flag, or else of the environment.
func setting(getenv func(string) string, flag, env string) string {
	return strings.TrimSpace(cmp.Or(flag, getenv(env)))
}

func (n *connection) checkTimeout(cmd *cobra.Command) error {
	if n.timeout <= 0 {
		return usage(cmd, "--timeout %v: it must be longer than nothing", n.timeout)
	}
	return nil
}

// bounded is the context of one call. Where a file goes up or down, the client bounds each pause
// instead of the whole: a large file may take its time.
func (n *connection) bounded(ctx context.Context, carriesFile bool) (context.Context, context.CancelFunc) {
	if carriesFile {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, n.timeout)
}

// client makes a client for a command that is about one app.
func (n *connection) client(cmd *cobra.Command, getenv func(string) string, needsAgent bool) (*wecom.Client, error) {
	config, err := n.config(cmd, getenv)
	if err != nil {
		return nil, err
	}
	if err := complete(cmd, config, needsAgent); err != nil {
		return nil, err
	}
	return n.newClient(cmd, getenv, config)
}

// complete makes sure that nothing is missing which a call needs; it names all that is at once.
func complete(cmd *cobra.Command, config wecom.Config, needsAgent bool) error {
	var missing []string
	for _, s := range []struct {
		name    string
		missing bool
	}{
		{"the corp id (HONGYAN_CORP_ID)", config.CorpID == ""},
		{"the agent id (HONGYAN_AGENT_ID)", needsAgent && config.AgentID == 0},
		{"the secret (HONGYAN_SECRET or --secret-file)", config.Secret == ""},
	} {
		if s.missing {
			missing = append(missing, s.name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return usage(cmd, "not set: %s", strings.Join(missing, ", ")).hint(
		`all three are in WeCom's admin console; without an account, "hongyan sim" prints settings to copy`,
		`三项都在企业微信管理后台；没有账号时，运行 "hongyan sim" 会给出可直接复制的设置`)
}

// newClient makes a client; what is wrong with the settings is told in terms of the flags.
func (n *connection) newClient(cmd *cobra.Command, getenv func(string) string, config wecom.Config) (*wecom.Client, error) {
	var err error
	if config.Tokens, err = n.tokenStore(cmd, getenv, config); err != nil {
		return nil, err
	}
	client, err := wecom.New(config)
	return client, explainConfig(cmd, err)
}

// explainConfig tells a *[wecom.ConfigError] in terms of the flags.
func explainConfig(cmd *cobra.Command, err error) error {
	var setting *wecom.ConfigError
	if !errors.As(err, &setting) {
		return err
	}
	name, ok := settingNames[setting.Field]
	if !ok {
		name = setting.Field
	}
	wrong := usage(cmd, "%s %s", name, setting.Detail)
	if setting.Field == "BaseURL" {
		wrong.hint("it is such as https://qyapi.weixin.qq.com, or http://127.0.0.1:9480 for a simulator",
			"例如 https://qyapi.weixin.qq.com，模拟器则为 http://127.0.0.1:9480")
	}
	return wrong
}

// settingNames are what the fields of wecom.Config and wecom.RobotConfig are called here.
var settingNames = map[string]string{
	"BaseURL": "base URL (--base-url, HONGYAN_BASE_URL)",
	"Proxy":   "proxy (--proxy, HONGYAN_PROXY)",
	"CorpID":  "corp id (--corp-id, HONGYAN_CORP_ID)",
	"Secret":  "secret (HONGYAN_SECRET, --secret-file)",
	"Key":     "robot (HONGYAN_ROBOT, --robot-file, --robot)",
}
