package simulator

// The errcodes the simulator itself decides on.
const (
	codeInvalidCredential  = 40001
	codeInvalidMsgType     = 40008
	codeInvalidCorpID      = 40013
	codeBadToken           = 40014
	codeTooManyUsers       = 40032
	codeInvalidAgentID     = 40056
	codeInvalidParameter   = 40058
	codeTokenMissing       = 41001
	codeCorpIDMissing      = 41002
	codeSecretMissing      = 41004
	codeURLMissing         = 41010
	codeAgentIDMissing     = 41011
	codeTitleMissing       = 41016
	codeDescriptionMissing = 41033
	codeTokenExpired       = 42001
	codeEmptyContent       = 44004
	codeContentTooLarge    = 45002
	codeRateLimited        = 45009
	codeURLWithoutScheme   = 45034
	codeUntrustedIP        = 60020
	codeNobodyLeft         = 81013
	codeNoTarget           = 82001
	codeTooManyParties     = 82002
	codeTooManyTags        = 82003
	codeOtherAgent         = 301002
)

// errTexts has the texts of captured answers where there are any, and else the style of those. It
// holds more codes than the simulator decides on, for faults. WeCom changes texts without notice:
// nobody should compare with them, and people read them all the same.
var errTexts = map[int]string{
	-1:                     "system busy",
	codeInvalidCredential:  "invalid credential",
	40003:                  "invalid userid",
	40007:                  "invalid media_id",
	codeInvalidMsgType:     "invalid message type",
	codeInvalidCorpID:      "invalid corpid",
	codeBadToken:           "invalid access_token",
	40031:                  "invalid userid list",
	codeTooManyUsers:       "invalid userid list length",
	40035:                  "invalid parameter",
	codeInvalidAgentID:     "invalid agentid",
	codeInvalidParameter:   "invalid Request Parameter",
	40068:                  "invalid tagid",
	codeTokenMissing:       "access_token missing",
	codeCorpIDMissing:      "corpid missing",
	codeSecretMissing:      "corpsecret missing",
	41006:                  "media_id missing",
	codeURLMissing:         "url missing",
	codeAgentIDMissing:     "agentid missing",
	codeTitleMissing:       "title missing",
	codeDescriptionMissing: "description missing",
	codeTokenExpired:       "access_token expired",
	44001:                  "empty media data",
	codeEmptyContent:       "empty content",
	codeContentTooLarge:    "content size out of limit",
	codeRateLimited:        "api freq out of limit",
	45033:                  "api concurrent out of limit",
	codeURLWithoutScheme:   "invalid url: http:// or https:// missing",
	48002:                  "api forbidden",
	60011:                  "no privilege to access/modify contact/party/agent ",
	codeUntrustedIP:        "not allow to access from your ip",
	60111:                  "userid not found",
	codeNobodyLeft:         "user & party & tag all invalid",
	codeNoTarget:           "All touser & toparty & totag invalid",
	codeTooManyParties:     "invalid party list length",
	codeTooManyTags:        "invalid tag list length",
	codeOtherAgent:         "not allow operate another agent with this accesstoken.",
}
