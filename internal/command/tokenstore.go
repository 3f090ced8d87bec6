package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/redisstore"
)

// storePatience is how long a lock of the files may be waited for; it is held for a moment at most.
const storePatience = time.Second

// tokenStore returns where the token is kept between runs of the program: in Redis if one is named,
// else in files, so that a command that cron starts every minute does not fetch one each time.
func (n *connection) tokenStore(cmd *cobra.Command, getenv func(string) string, config wecom.Config) (wecom.TokenStore, error) {
	if n.redis != "" && n.tokenDir != "" {
		return nil, usage(cmd, "--redis and --token-dir both say where the token is kept")
	}
	tell := func(what string, err error) {
		fmt.Fprintf(cmd.ErrOrStderr(), "hongyan: the token is not kept: %s: %v\n", what, err)
	}
	if url := setting(getenv, n.redis, "HONGYAN_REDIS"); url != "" {
		store, err := redisstore.New(url, redisstore.Options{Logger: slog.New(&storeLog{tell: tell})})
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
	if dir == "" || dir == "off" {
		return wecom.NewMemoryStore(), nil
	}
	store := wecom.NewFileStore(dir)
	ctx, cancel := context.WithTimeout(cmd.Context(), storePatience)
	defer cancel()
	// The client would try a store that fails for seconds, in each run again. It is no reason not to send.
	if err := store.Check(ctx, wecom.TokenKey(config.BaseURL, config.CorpID, config.Secret)); err != nil {
		tell(dir, unprefixed(err))
		return wecom.NewMemoryStore(), nil
	}
	return store, nil
}

// unprefixed takes off what the line says already.
func unprefixed(err error) error {
	return errors.New(strings.TrimPrefix(err.Error(), "wecom: token store: "))
}

// storeLog tells the user, once, that the store does not work; a command is over too soon for more.
type storeLog struct {
	tell func(what string, err error)
	once sync.Once
}

func (l *storeLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (l *storeLog) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if err, ok := a.Value.Any().(error); ok {
			l.once.Do(func() { l.tell("Redis", err) })
		}
		return true
	})
	return nil
}

func (l *storeLog) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *storeLog) WithGroup(string) slog.Handler      { return l }

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
