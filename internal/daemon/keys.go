package daemon

import (
	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/config"
	"github.com/hongyan-im/hongyan/internal/store/sqlite"
)

// KeyFile is the API keys of a gateway that may be running, or not have run yet.
type KeyFile interface {
	access.Keys
	Close() error
}

// OpenKeys opens the keys of the gateway with that configuration, and makes its database if there is
// none. Its errors say what to do.
func OpenKeys(c *config.Config) (KeyFile, error) { return sqlite.OpenKeys(c.DatabaseFile()) }
