// Package config reads the configuration of the gateway: a YAML file, and over it the environment.
//
// Everything that is wrong is told at once, each with its key and line. Secrets are read here, from
// files or from variables that the file names, and nothing prints them.
//
// The environment names a key as HONGYAN_ and its path in capitals: HONGYAN_LISTEN,
// HONGYAN_WECOM_BASE_URL. What belongs to an app or a robot has its name in between, with "_" for "-":
// HONGYAN_APPS_CRM_SECRET. An app of which the file knows nothing is added, under its name in small
// letters. Variables of the command line, such as HONGYAN_CORP_ID, are passed over.
package config

import (
	_ "embed"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
)

// Example is a file with every key, explained.
//
//go:embed example.yaml
var Example string

// Config is the configuration, complete and checked. It prints and logs without its secrets.
type Config struct {
	// Listen is the HOST:PORT of the API.
	Listen string `koanf:"listen"`
	// Database is "sqlite:" and a path. A relative one is beside the file of the configuration.
	Database string `koanf:"database"`
	// Redis is the URL of a Redis that shares tokens with other processes; "" keeps them in memory.
	// It may hold a password.
	Redis     Secret    `koanf:"redis"`
	WeCom     WeCom     `koanf:"wecom"`
	Apps      []App     `koanf:"apps"`
	Robots    []Robot   `koanf:"robots"`
	Webhooks  Webhooks  `koanf:"webhooks"`
	Retention Retention `koanf:"retention"`
	Log       Log       `koanf:"log"`

	dir string // of the file
}

// WeCom says how WeCom is reached.
type WeCom struct {
	BaseURL string `koanf:"base_url"` // "" means wecom.DefaultBaseURL
	Proxy   Secret `koanf:"proxy"`    // as in wecom.Config; it may hold a password
}

// Queue is how the messages of one app or robot are sent.
type Queue struct {
	Rate    float64 `koanf:"rate"`    // at most so many calls a second; 0 means no limit but WeCom's
	Workers int     `koanf:"workers"` // at most so many calls at once
	Weight  int     `koanf:"weight"`  // its share of the turns, against the others'
}

// App is an app of a corp.
type App struct {
	Name       string `koanf:"name"`
	CorpID     string `koanf:"corp_id"`
	AgentID    int    `koanf:"agent_id"`
	Secret     Secret `koanf:"secret"` // also where the file says secret_file
	SecretFile string `koanf:"secret_file"`
	Queue      `koanf:",squash"`
	// AccountCap is the number of accounts of the corp, by which WeCom measures the app's day; 0
	// means that nobody knows.
	AccountCap int      `koanf:"account_cap"`
	Callback   Callback `koanf:"callback"`
}

// Callback is what verifies that WeCom calls the app. It is empty if the app has none.
type Callback struct {
	Token  Secret `koanf:"token"`
	AESKey Secret `koanf:"aes_key"`
}

// Robot is a robot in a group chat.
type Robot struct {
	Name    string `koanf:"name"`
	Key     Secret `koanf:"key"` // or the whole webhook address; also where the file says key_file
	KeyFile string `koanf:"key_file"`
	Queue   `koanf:",squash"`
}

// Webhooks says how results are told.
type Webhooks struct {
	// Allow are networks and addresses that may be called though they are not public; several with
	// commas. Networks returns them.
	Allow string `koanf:"allow"`
	// Proxy is what all calls go through, as in WeCom, but without regard to the environment.
	Proxy Secret `koanf:"proxy"`
}

// Networks are what Allow names. What is neither a network nor an address is the error.
func (w Webhooks) Networks() (networks []netip.Prefix, err error) {
	for _, text := range strings.FieldsFunc(w.Allow, func(r rune) bool { return r == ',' || r == ' ' }) {
		network, err := netip.ParsePrefix(text)
		if addr, notAddr := netip.ParseAddr(text); notAddr == nil {
			network, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%q is neither a network such as 10.0.0.0/8 nor an address", text)
		}
		networks = append(networks, network.Masked())
	}
	return networks, nil
}

// Retention is how long messages that came to their end can be looked up, and files be sent.
type Retention struct {
	Days     int `koanf:"days"`     // 0 means for ever
	Messages int `koanf:"messages"` // at most so many; 0 means as many as there are
	Media    int `koanf:"media"`    // days after a message last named the file; 0 means for ever
}

// Log is how the gateway logs.
type Log struct {
	Level  string `koanf:"level"`  // debug, info, warn or error
	Format string `koanf:"format"` // text or json
}

// What holds where nothing is said.
const (
	DefaultListen   = "127.0.0.1:9470"
	DefaultDatabase = sqlitePrefix + "hongyan.db"
	DefaultDays     = 30
	DefaultMedia    = 30
	DefaultWorkers  = 64
	DefaultWeight   = 1
)

func defaults() map[string]any {
	return map[string]any{
		"listen":    DefaultListen,
		"database":  DefaultDatabase,
		"retention": map[string]any{"days": DefaultDays, "media": DefaultMedia},
		"log":       map[string]any{"level": "info", "format": "text"},
	}
}

const sqlitePrefix = "sqlite:"

// Names lists the names of the apps and of the robots.
func (c *Config) Names() (apps, robots []string) {
	for _, a := range c.Apps {
		apps = append(apps, a.Name)
	}
	for _, r := range c.Robots {
		robots = append(robots, r.Name)
	}
	return apps, robots
}

// DatabaseFile is the path of the SQLite database.
func (c *Config) DatabaseFile() string {
	return c.besideFile(strings.TrimPrefix(c.Database, sqlitePrefix))
}

// MediaDir is the folder of uploaded files, beside the database.
func (c *Config) MediaDir() string { return c.DatabaseFile() + "-media" }

// besideFile takes a relative path from where the configuration is, so that it means the same
// wherever a command is called.
func (c *Config) besideFile(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.dir, path)
}
