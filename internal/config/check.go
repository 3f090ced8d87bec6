package config

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/callback"
)

// checker looks at values, and reads the secrets that are in files.
type checker struct {
	*problems
	*Config
	variables map[string]string // that set a key, by its path
	inFile    map[string]int    // elements of a list that the file has; others are of the environment
	noSecrets bool
}

// Limits of numbers.
const (
	maxWorkers = 10_000
	maxWeight  = 1000
	maxRate    = 100_000
	maxDays    = 36_500
)

func (c *checker) all() {
	c.checkListen()
	c.checkDatabase()
	c.checkRedis()
	c.checkWeCom()
	c.checkApps()
	c.checkRobots()
	if len(c.Apps)+len(c.Robots) == 0 {
		c.say("", "it has no apps and no robots, so nothing could be sent")
	}
	c.checkWebhooks()
	c.between("retention.days", c.Retention.Days, 0, maxDays)
	c.between("retention.messages", c.Retention.Messages, 0, math.MaxInt)
	c.between("retention.media", c.Retention.Media, 0, maxDays)
	c.oneOf("log.level", &c.Log.Level, "debug", "info", "warn", "error")
	c.oneOf("log.format", &c.Log.Format, "text", "json")
}

// say adds a problem with the value of a key, under the name by which it was set. One for a key is
// enough: others follow from it.
func (c *checker) say(key, format string, args ...any) {
	if name, ok := c.variables[key]; ok {
		key = name
	}
	if slices.ContainsFunc(c.list, func(p Problem) bool { return p.Key == key && key != "" }) {
		return
	}
	c.add(key, format, args...)
}

func (c *checker) between(key string, n, least, most int) {
	switch {
	case n < least:
		c.say(key, "it is at least %d, given %d", least, n)
	case n > most:
		c.say(key, "it is at most %d, given %d", most, n)
	}
}

func (c *checker) oneOf(key string, value *string, words ...string) {
	*value = strings.ToLower(*value)
	if !slices.Contains(words, *value) {
		c.say(key, "it must be one of %s, not %q", strings.Join(words, ", "), *value)
	}
}

func (c *checker) checkListen() {
	_, port, err := net.SplitHostPort(c.Listen)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		c.say("listen", "%q is not HOST:PORT, such as %s", c.Listen, DefaultListen)
	}
}

func (c *checker) checkDatabase() {
	scheme, rest, _ := strings.Cut(c.Database, ":")
	switch {
	case scheme == "postgres" || scheme == "postgresql":
		// The rest is not told: it may hold a password.
		c.say("database", "PostgreSQL is not supported yet; use %s", DefaultDatabase)
	case scheme != "sqlite":
		c.say("database", "it begins with sqlite:, such as %s", DefaultDatabase)
	case rest == "" || rest == "/" || strings.HasPrefix(rest, "//") || strings.ContainsAny(rest, "?\x00"):
		c.say("database", "after sqlite: there is the path of a file and nothing more, such as %s or sqlite:/var/lib/hongyan/hongyan.db", DefaultDatabase)
	}
}

func (c *checker) checkRedis() {
	if c.Redis == "" || c.noSecrets {
		return
	}
	u, err := url.Parse(string(c.Redis))
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" || u.Host == "" {
		c.say("redis", "it is not a URL such as redis://127.0.0.1:6379")
	}
}

func (c *checker) checkWeCom() {
	proxy := c.WeCom.Proxy
	if c.noSecrets {
		proxy = ""
	}
	_, err := wecom.New(wecom.Config{CorpID: "any", Secret: "any", BaseURL: c.WeCom.BaseURL, Proxy: string(proxy)})
	c.explain("wecom", err)
}

func (c *checker) checkWebhooks() {
	if _, err := c.Webhooks.Networks(); err != nil {
		c.say("webhooks.allow", "%v", err)
	}
	if c.Webhooks.Proxy == "" || c.noSecrets {
		return
	}
	u, err := url.Parse(string(c.Webhooks.Proxy))
	if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme) {
		c.say("webhooks.proxy", "it is not a URL such as http://10.0.0.1:3128") // the value may hold a password
	}
}

// settingKeys are what the fields of wecom.Config and wecom.RobotConfig are called here.
var settingKeys = map[string]string{
	"BaseURL": "base_url", "Proxy": "proxy", "CorpID": "corp_id", "AgentID": "agent_id", "Secret": "secret", "Key": "key",
}

// explain tells a *[wecom.ConfigError] about what lies at path.
func (c *checker) explain(path string, err error) {
	var setting *wecom.ConfigError
	if errors.As(err, &setting) {
		detail := setting.Detail
		if !strings.HasPrefix(detail, `"`) {
			detail = "it " + detail
		}
		c.say(path+"."+settingKeys[setting.Field], "%s", detail)
	}
}

func (c *checker) checkApps() {
	named, same := map[string]int{}, map[string]string{}
	for i := range c.Apps {
		app := &c.Apps[i]
		at := c.element("apps", i, app.Name)
		c.name(at, "apps", app.Name, i, named)
		app.CorpID = strings.TrimSpace(app.CorpID)
		if app.CorpID == "" {
			c.missing(at, "corp_id", "it stands under 我的企业 in WeCom's admin console")
		}
		if app.AgentID == 0 {
			c.missing(at, "agent_id", "it stands on the app's page in WeCom's admin console")
		} else {
			c.between(at+".agent_id", app.AgentID, 1, math.MaxInt32)
		}
		if app.CorpID != "" && app.AgentID > 0 {
			id := fmt.Sprintf("%s/%d", app.CorpID, app.AgentID)
			if earlier, ok := same[id]; ok {
				c.say(at+".agent_id", "app %s is the same app of WeCom, whose limits can be kept only once", earlier)
			}
			same[id] = app.Name
		}
		c.queue(at, &app.Queue)
		c.between(at+".account_cap", app.AccountCap, 0, math.MaxInt32)
		c.secret(at, "secret", &app.Secret, app.SecretFile)
		c.callback(at, app)
	}
}

func (c *checker) checkRobots() {
	named, same := map[string]int{}, map[Secret]string{}
	for i := range c.Robots {
		robot := &c.Robots[i]
		at := c.element("robots", i, robot.Name)
		c.name(at, "robots", robot.Name, i, named)
		c.queue(at, &robot.Queue)
		c.secret(at, "key", &robot.Key, robot.KeyFile)
		if robot.Key == "" || c.noSecrets {
			continue
		}
		made, err := wecom.NewRobot(wecom.RobotConfig{Key: string(robot.Key), BaseURL: c.WeCom.BaseURL})
		c.explain(at, err)
		if err != nil {
			continue
		}
		id := Secret(made.String()) // tells robots apart, also where one is given as an address
		if earlier, ok := same[id]; ok {
			c.say(at+".key", "robot %s is the same robot of WeCom, whose limits can be kept only once", earlier)
		}
		same[id] = robot.Name
	}
}

// element is the path of an app or robot: one that the file does not have is known by its variables.
func (c *checker) element(list string, i int, name string) string {
	at := fmt.Sprintf("%s[%d]", list, i)
	if i >= c.inFile[list] {
		at = Prefix + strings.ToUpper(list) + "_" + variableName(name)
	}
	of := list + "." + variableName(name) + "."
	for path, variable := range c.variables {
		if key, ok := strings.CutPrefix(path, of); ok {
			c.variables[at+"."+key] = variable
		}
	}
	return at
}

// missing tells that an element has not what it needs.
func (c *checker) missing(at, key, where string) {
	if strings.HasPrefix(at, Prefix) {
		at, key = at+"_"+strings.ToUpper(key), ""
	}
	c.say(strings.TrimSuffix(at+"."+key, "."), "it is missing: %s", where)
}

var goodName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (c *checker) name(at, list, name string, i int, named map[string]int) {
	earlier, twice := named[name]
	switch {
	case name == "":
		c.missing(at, "name", "the API and the log call it so")
		return
	case !goodName.MatchString(name):
		c.say(at+".name", "%.70q: a name has 1 to 64 letters, digits, - and _", name)
	case twice:
		c.say(at+".name", "%s[%d] has the name %s too", list, earlier, name)
	}
	named[name] = i
}

func (c *checker) queue(at string, q *Queue) {
	if q.Workers == 0 {
		q.Workers = DefaultWorkers
	}
	if q.Weight == 0 {
		q.Weight = DefaultWeight
	}
	c.between(at+".workers", q.Workers, 1, maxWorkers)
	c.between(at+".weight", q.Weight, 1, maxWeight)
	if !(q.Rate >= 0 && q.Rate <= maxRate) { // NaN neither
		c.say(at+".rate", "it is messages a second, from 0 (no limit) to %d, given %v", maxRate, q.Rate)
	}
}

// secret makes sure that there is one, and reads the file that holds it.
func (c *checker) secret(at, key string, secret *Secret, file string) {
	if *secret = Secret(strings.TrimSpace(string(*secret))); *secret != "" && file != "" {
		c.say(at, "it has %s and %[1]s_file: keep one of them", key)
		return
	}
	if *secret == "" && file == "" {
		c.missing(at, key, "give "+key+"_file, or "+key+" such as ${NAME} for a variable of the environment")
		return
	}
	if file == "" || c.noSecrets {
		return
	}
	var err error
	if *secret, err = readSecret(c.besideFile(file)); err != nil {
		c.say(at+"."+key+"_file", "%v", err)
	}
}

func (c *checker) callback(at string, app *App) {
	cb := app.Callback
	if cb == (Callback{}) || c.noSecrets {
		return
	}
	at += ".callback"
	switch {
	case cb.Token == "":
		c.missing(at, "token", "it stands with aes_key on the app's page, under 接收消息")
	case cb.AESKey == "":
		c.missing(at, "aes_key", "it stands with token on the app's page, under 接收消息")
	default:
		if _, err := callback.New(string(cb.Token), string(cb.AESKey), app.CorpID); err != nil {
			c.say(at+".aes_key", "it is not an EncodingAESKey, which has 43 letters and digits")
		}
	}
}
