package wecom

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"
)

// Agent is an app as its settings in the admin console have it.
type Agent struct {
	ID             int    `json:"agentid"`
	Name           string `json:"name"`
	LogoURL        string `json:"square_logo_url"`
	Description    string `json:"description"`
	Visible        To     `json:"-"` // who may see the app, and can be sent to
	Disabled       bool   `json:"-"`
	TrustedDomain  string `json:"redirect_domain"` // 可信域名
	HomeURL        string `json:"home_url"`
	ReportLocation bool   `json:"-"` // members tell where they are when they enter the app
	ReportEnter    bool   `json:"-"` // enter_agent events are sent
}

type agentAnswer struct {
	status
	Agent
	Users struct {
		User []struct {
			ID string `json:"userid"`
		} `json:"user"`
	} `json:"allow_userinfos"`
	Parties struct {
		ID []int `json:"partyid"`
	} `json:"allow_partys"`
	Tags struct {
		ID []int `json:"tagid"`
	} `json:"allow_tags"`
	Close          int `json:"close"`
	ReportLocation int `json:"report_location_flag"`
	ReportEnter    int `json:"isreportenter"`
}

func (a *agentAnswer) complete() bool { return a.ID != 0 }

func (a *agentAnswer) agent() Agent {
	agent := a.Agent
	for _, user := range a.Users.User {
		agent.Visible.Users = append(agent.Visible.Users, user.ID)
	}
	agent.Visible.Parties, agent.Visible.Tags = a.Parties.ID, a.Tags.ID
	agent.Disabled, agent.ReportLocation, agent.ReportEnter = a.Close == 1, a.ReportLocation == 1, a.ReportEnter == 1
	return agent
}

// Agent returns the settings of the client's app (path/90227). WeCom shows an app no other.
func (c *Client) Agent(ctx context.Context) (Agent, error) {
	if c.agentID == 0 {
		return Agent{}, invalid("lookup", FieldError{Field: "agentid", Problem: Missing, Detail: "set AgentID of the client's Config"})
	}
	var a agentAnswer
	err := c.get(ctx, "agent/get", &a, "agentid", strconv.Itoa(c.agentID))
	return a.agent(), err
}

type ipAnswer struct {
	status
	IPs []string `json:"ip_list"`
}

func (a *ipAnswer) complete() bool { return len(a.IPs) > 0 }

// APIDomainIPs returns the addresses of WeCom's API (path/97073), for a firewall: single addresses,
// ranges such as 10.0.0.0/24, or patterns such as 10.0.0.*. They change: ask daily.
func (c *Client) APIDomainIPs(ctx context.Context) ([]string, error) {
	return c.ips(ctx, "get_api_domain_ip")
}

// CallbackIPs returns the addresses from which WeCom calls back (path/98988), in the forms of
// [Client.APIDomainIPs]. They change: ask daily.
func (c *Client) CallbackIPs(ctx context.Context) ([]string, error) {
	return c.ips(ctx, "getcallbackip")
}

func (c *Client) ips(ctx context.Context, op string) ([]string, error) {
	var a ipAnswer
	err := c.get(ctx, op, &a)
	return a.IPs, err
}

// Ticket signs the configuration of WeCom's JS-SDK in a page. It is a secret, and prints and logs
// without its value.
type Ticket struct {
	Value     string
	ExpiresAt time.Time // by this machine's clock
}

type ticketAnswer struct {
	status
	Ticket    string  `json:"ticket"`
	ExpiresIn float64 `json:"expires_in"` // seconds
}

func (a *ticketAnswer) complete() bool { return a.Ticket != "" }

// JSAPITicket returns the ticket for wx.config (path/90506). Keep it until it expires: a corp may ask
// 400 times an hour, an app 100 times.
func (c *Client) JSAPITicket(ctx context.Context) (Ticket, error) {
	return c.ticket(ctx, "get_jsapi_ticket")
}

// AgentTicket returns the ticket for wx.agentConfig (path/90506), which is another one. Keep it until
// it expires, as [Client.JSAPITicket].
func (c *Client) AgentTicket(ctx context.Context) (Ticket, error) {
	return c.ticket(ctx, "ticket/get", "type", "agent_config")
}

func (c *Client) ticket(ctx context.Context, op string, params ...string) (Ticket, error) {
	before := time.Now()
	var a ticketAnswer
	if err := c.get(ctx, op, &a, params...); err != nil {
		return Ticket{}, err
	}
	const most = 24 * 3600
	life := time.Duration(max(0, min(a.ExpiresIn, most)) * float64(time.Second))
	return Ticket{Value: a.Ticket, ExpiresAt: before.Add(life)}, nil
}

// String describes the ticket without its value.
func (t Ticket) String() string {
	return fmt.Sprintf("wecom.Ticket{Value:%q, ExpiresAt:%v}", mask(t.Value), t.ExpiresAt)
}

// Format prints the ticket without its value, whatever the verb.
func (t Ticket) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// LogValue logs the ticket without its value.
func (t Ticket) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalJSON writes the ticket without its value.
func (t Ticket) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"value":%q,"expires_at":%q}`, mask(t.Value), t.ExpiresAt.Format(time.RFC3339)), nil
}
