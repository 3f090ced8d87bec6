package command

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hongyan-im/hongyan/wecom/gateway"
)

// orders is flags for what only a gateway can do with a message.
type orders struct {
	wait, delay, ttl                   time.Duration
	priority, orderKey, ifUnknown, key string
	callbackURL                        string
	labels                             []string
}

func (o *orders) addFlags(flags *pflag.FlagSet) {
	flags.DurationVar(&o.wait, "wait", 0, "wait up to this `TIME` for the end of the message; exit code 3 if it does not come")
	flags.DurationVar(&o.delay, "delay", 0, "send it no sooner than this `TIME` from now")
	flags.DurationVar(&o.ttl, "ttl", 0, "it is of no use after this `TIME` (default 24h)")
	flags.StringVar(&o.priority, "priority", "", "`PRIORITY` among the app's messages: high, normal or low")
	flags.StringArrayVar(&o.labels, "label", nil, "`NAME=VALUE` to find it by; may be given several times")
	flags.StringVar(&o.orderKey, "order-key", "", "messages with the same `KEY` go one after another")
	flags.StringVar(&o.ifUnknown, "if-unknown", "", "`POLICY` when it may have arrived and no answer came: repeat or hold (default repeat)")
	flags.StringVar(&o.callbackURL, "callback-url", "", "`URL` where the gateway tells the result (default: that of the API key)")
	flags.StringVar(&o.key, "key", "", "idempotency `KEY`: the same one with the same message sends nothing again; with --csv, the name of the round")
}

// orderFlags are the names of all of them.
var orderFlags = []string{"wait", "delay", "ttl", "priority", "label", "order-key", "if-unknown", "callback-url", "key"}

// options checks the flags.
func (o *orders) options(cmd *cobra.Command) (gateway.Options, error) {
	options := gateway.Options{
		Key: o.key, Delay: o.delay, TTL: o.ttl, Priority: gateway.Priority(o.priority), OrderKey: o.orderKey,
		IfUnknown: gateway.IfUnknown(o.ifUnknown), CallbackURL: o.callbackURL, Wait: o.wait,
	}
	if err := filled(cmd, "priority", "order-key", "if-unknown", "callback-url", "key"); err != nil {
		return options, err
	}
	for _, d := range []struct {
		flag  string
		given time.Duration
	}{{"wait", o.wait}, {"delay", o.delay}, {"ttl", o.ttl}} {
		if d.given < 0 {
			return options, usage(cmd, "--%s %v: it is not negative", d.flag, d.given)
		}
	}
	switch {
	case !slices.Contains([]string{"", "high", "normal", "low"}, o.priority):
		return options, usage(cmd, "--priority %q: it is high, normal or low", o.priority)
	case !slices.Contains([]string{"", "repeat", "hold"}, o.ifUnknown):
		return options, usage(cmd, "--if-unknown %q: it is repeat or hold", o.ifUnknown)
	case strings.HasPrefix(o.key, "hy_"):
		return options, usage(cmd, "--key is the idempotency key of a message, and this looks like an API key").hint(
			"give the API key as HONGYAN_KEY or --api-key-file, and take a new one: others on this machine could read it in ps",
			"API key 请用 HONGYAN_KEY 或 --api-key-file 传入；并请更换该 key，本机其他用户可通过 ps 看到它")
	}
	var err error
	options.Labels, err = labelsOf(cmd, o.labels)
	return options, err
}

// labelsOf reads NAME=VALUE.
func labelsOf(cmd *cobra.Command, given []string) (map[string]string, error) {
	var labels map[string]string
	for _, text := range given {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, usage(cmd, "--label %q: it is NAME=VALUE", text)
		}
		if labels == nil {
			labels = map[string]string{}
		}
		if _, twice := labels[name]; twice {
			return nil, usage(cmd, "--label %s is given twice", name)
		}
		labels[name] = value
	}
	return labels, nil
}
