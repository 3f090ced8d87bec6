package wecom

// Dialect is one of the kinds of markdown that WeCom has. Anything else counts as DialectApp, which has the
// least.
type Dialect string

// The dialects.
const (
	DialectApp   Dialect = "app"   // msgtype markdown of message/send (path/90236)
	DialectGroup Dialect = "group" // msgtype markdown of group robots (path/99110) and group chats (path/90248)
	DialectV2    Dialect = "v2"    // msgtype markdown_v2 of group robots (path/99110)
)
