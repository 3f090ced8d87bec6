package simulator

import "slices"

// World is everything that exists in a simulated WeCom. It is plain data: change a copy and give it
// to [WeCom.SetWorld]. In JSON it is what GET and PUT /_sim/world speak.
type World struct {
	Corps []Corp `json:"corps"`
	// Strict refuses what the documents forbid without saying what happens, such as a
	// duplicate_check_interval above 14400, which is taken as 14400 otherwise. docs/simulator.md has
	// the list.
	Strict bool `json:"strict"`
}

// ParseWorld reads a world from JSON, as PUT /_sim/world does: unknown fields, wrong types and
// contradictions are errors that name the place. A world that does not say so is strict.
func ParseWorld(data []byte) (World, error) {
	w := World{Strict: true}
	if err := decodeStrict(data, &w); err != nil {
		return World{}, err
	}
	return w, w.Validate()
}

// Corp is one company (企业).
type Corp struct {
	CorpID  string  `json:"corpid"`
	Name    string  `json:"name,omitempty"`
	Apps    []App   `json:"apps"`
	Users   []User  `json:"users"`
	Parties []Party `json:"parties"`
	Tags    []Tag   `json:"tags"`
	Robots  []Robot `json:"robots"`
	// AccountCap is the 账号上限: each app may deliver 200 times as many person-times a day.
	// Defaults to 500.
	AccountCap int `json:"account_cap"`
}

// App is one self-built app (自建应用) of a corp. Its secret is what gettoken finds it by.
type App struct {
	AgentID int    `json:"agentid"`
	Name    string `json:"name"`
	Secret  string `json:"secret"`
	// Visible is the range of members the app may reach (可见范围). Defaults to everybody; a range
	// with nothing in it is nobody.
	Visible *Visible `json:"visible,omitempty"`
	// TrustedIPs are the only callers allowed (企业可信IP), as single addresses or CIDR. Defaults to
	// every caller. gettoken never looks at them.
	TrustedIPs []string  `json:"trusted_ips,omitempty"`
	Callback   *Callback `json:"callback,omitempty"`
	// MiniProgram is the appid of the mini program the app is (小程序应用). Only such apps may send
	// miniprogram_notice. Defaults to none.
	MiniProgram string `json:"mini_program,omitempty"`
	// Forbidden are calls that answer 48002 to the app, such as "media/upload_by_url".
	Forbidden []string `json:"forbidden,omitempty"`
}

// Visible is a range of members: the union of its three lists, sub-departments included.
type Visible struct {
	Users   []string `json:"users,omitempty"`
	Parties []int    `json:"parties,omitempty"`
	Tags    []int    `json:"tags,omitempty"`
}

// Callback is where an app receives its events (接收消息服务器), and the keys they are sealed with.
// Without a URL events go to a recorder inside the simulator, and the keys may be absent.
type Callback struct {
	URL    string `json:"url,omitempty"`
	Token  string `json:"token,omitempty"`
	AESKey string `json:"aes_key,omitempty"` // EncodingAESKey, 43 characters
}

// User is one member (成员). Its id is compared without regard to case, as WeCom does.
type User struct {
	UserID  string `json:"userid"`
	Name    string `json:"name"`
	Mobile  string `json:"mobile,omitempty"`
	Email   string `json:"email,omitempty"`
	Parties []int  `json:"parties,omitempty"`
	// Licensed says whether the member has a base-API licence (基础接口许可). Defaults to true.
	Licensed *bool `json:"licensed,omitempty"`
}

// Party is one department (部门). Parent 0 makes it a root.
type Party struct {
	ID     int    `json:"id"`
	Name   string `json:"name"`
	Parent int    `json:"parent,omitempty"`
}

// Tag is a named set (标签) of members and departments.
type Tag struct {
	ID      int      `json:"id"`
	Name    string   `json:"name"`
	Users   []string `json:"users,omitempty"`
	Parties []int    `json:"parties,omitempty"`
}

// Robot is a group robot (群机器人), known by the key in its webhook address.
type Robot struct {
	Key  string `json:"key"`
	Name string `json:"name"`
	Chat string `json:"chat,omitempty"`
	// Users are the members of its group. Defaults to everybody in the corp.
	Users    []string `json:"users,omitempty"`
	Disabled bool     `json:"disabled,omitempty"` // it answers 93004
}

// clone shares nothing with w that either side could change.
func (w World) clone() World {
	w.Corps = cloneEach(w.Corps, func(c *Corp) {
		c.Apps = cloneEach(c.Apps, func(a *App) {
			if a.Visible != nil {
				v := *a.Visible
				v.Users, v.Parties, v.Tags = slices.Clone(v.Users), slices.Clone(v.Parties), slices.Clone(v.Tags)
				a.Visible = &v
			}
			if a.Callback != nil {
				copied := *a.Callback
				a.Callback = &copied
			}
			a.TrustedIPs, a.Forbidden = slices.Clone(a.TrustedIPs), slices.Clone(a.Forbidden)
		})
		c.Users = cloneEach(c.Users, func(u *User) {
			if u.Licensed != nil {
				licensed := *u.Licensed
				u.Licensed = &licensed
			}
			u.Parties = slices.Clone(u.Parties)
		})
		c.Parties = slices.Clone(c.Parties)
		c.Tags = cloneEach(c.Tags, func(t *Tag) {
			t.Users, t.Parties = slices.Clone(t.Users), slices.Clone(t.Parties)
		})
		c.Robots = cloneEach(c.Robots, func(r *Robot) { r.Users = slices.Clone(r.Users) })
	})
	return w
}

// cloneEach copies list and lets deepen replace what its elements still share. The copy is never
// nil, so that an empty list is [] in JSON.
func cloneEach[T any](list []T, deepen func(*T)) []T {
	copied := append(make([]T, 0, len(list)), list...)
	for i := range copied {
		deepen(&copied[i])
	}
	return copied
}
