package command

import (
	"context"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/redisstore"
)

// tokenStore returns where the token is kept between runs of the program: in Redis if one is named,
// else in files, so that a command that cron starts every minute does not fetch one each time.
func (n *connection) tokenStore(cmd *cobra.Command, getenv func(string) string) (wecom.TokenStore, error) {
	if url := setting(getenv, n.redis, "HONGYAN_REDIS"); url != "" {
		store, err := redisstore.New(url, redisstore.Options{})
		if err != nil {
			return nil, usage(cmd, "Redis (--redis, HONGYAN_REDIS): not a URL such as redis://127.0.0.1:6379")
		}
		context.AfterFunc(cmd.Context(), store.Close)
		return store, nil
	}
	dir := setting(getenv, n.tokenDir, "HONGYAN_TOKEN_DIR")
	if dir == "" {
		dir = cacheDir(getenv)
	}
	// A folder that cannot be had is no reason not to send.
	if dir == "" || dir == "off" || os.MkdirAll(dir, 0o700) != nil {
		return wecom.NewMemoryStore(), nil
	}
	return wecom.NewFileStore(dir), nil
}

// cacheDir is where programs of this user keep what they can make again, or "" where nobody says.
func cacheDir(getenv func(string) string) string {
	base := ""
	switch home := getenv("HOME"); {
	case runtime.GOOS == "windows":
		base = getenv("LocalAppData")
	case getenv("XDG_CACHE_HOME") != "":
		base = getenv("XDG_CACHE_HOME")
	case home == "":
	case runtime.GOOS == "darwin":
		base = filepath.Join(home, "Library", "Caches")
	default:
		base = filepath.Join(home, ".cache")
	}
	if !filepath.IsAbs(base) {
		return ""
	}
	return filepath.Join(base, "hongyan", "tokens")
}
