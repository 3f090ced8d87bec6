package daemon

import (
	"context"
	"net/url"

	"github.com/hongyan-im/hongyan/internal/config"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/webhook"
)

// newTeller returns what tells results; message gives their JSON.
func (d *Daemon) newTeller(message func(context.Context, delivery.MessageID) ([]byte, error)) *webhook.Teller {
	c := webhook.Config{
		Store: d.outbox.Webhooks(), Secrets: d.outbox, Message: message, Guard: guard(d.Config), Log: d.Log, Now: d.Now,
	}
	if proxy := d.Config.Webhooks.Proxy; proxy != "" {
		c.Proxy, _ = url.Parse(string(proxy)) // the configuration was checked
	}
	return webhook.New(c)
}

func guard(c *config.Config) webhook.Guard {
	networks, _ := c.Webhooks.Networks() // the configuration was checked
	return webhook.Guard{Allow: networks}
}

// CheckCallback says why results cannot be told to a URL, or returns nil.
func CheckCallback(c *config.Config, address string) error {
	g := guard(c)
	return g.CheckURL(address)
}
