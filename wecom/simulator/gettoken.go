package simulator

type tokenReply struct {
	status
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"`
}

// getToken issues the token of the app that corpid and corpsecret name (path/91039). The order of
// its checks is WeCom's: the secret's presence first, its value last. Method and body do not matter,
// and trusted IPs are not asked.
func getToken(c *call) reply {
	corpID := c.query.Get("corpid")
	switch {
	case c.query.Get("corpsecret") == "":
		return refuse(codeSecretMissing)
	case corpID == "":
		return refuse(codeCorpIDMissing)
	case c.directory.corps[corpID] == nil:
		return refuse(codeInvalidCorpID)
	case c.app == nil:
		return refuse(codeInvalidCredential)
	}
	value, expiresIn := c.sim.tokens.issue(c.app, c.now())
	return &tokenReply{status{0, "ok"}, value, expiresIn}
}
