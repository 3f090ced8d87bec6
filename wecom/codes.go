package wecom

import (
	"cmp"
	"slices"
	"strconv"
)

//go:generate go run ./internal/gencodes -in errcodes.tsv -out codes_table.go

// Code is an errcode of the WeCom API: the only part of an answer to decide by, since errmsg texts
// change without notice (path/90313).
type Code int

// The codes a sender meets. Meaning and cure of all the others are in the table too; see
// [Code.Meaning].
const (
	CodeOK                 Code = 0
	CodeBusy               Code = -1     // system busy; try again a little later
	CodeBadSecret          Code = 40001  // from gettoken: wrong secret, final; elsewhere: the token is dead
	CodeBadMediaID         Code = 40007  // wrong, expired (3 days), or of another corp
	CodeBadMsgType         Code = 40008  // unknown msgtype
	CodeBadCorpID          Code = 40013  // corpid unknown
	CodeBadToken           Code = 40014  // the token is not valid (any more)
	CodeTooManyUsers       Code = 40032  // more than 1000 members
	CodeBadAgentID         Code = 40056  // no such app in this corp
	CodeBadParameter       Code = 40058  // errmsg names the field and the limit
	CodeTokenMissing       Code = 41001  // no access_token in the query
	CodeCorpIDMissing      Code = 41002  // gettoken without corpid
	CodeSecretMissing      Code = 41004  // gettoken without corpsecret
	CodeURLMissing         Code = 41010  // a card without link
	CodeAgentIDMissing     Code = 41011  // message/send without agentid
	CodeTitleMissing       Code = 41016  // a card without title
	CodeDescriptionMissing Code = 41033  // a text card without description
	CodeTokenExpired       Code = 42001  // the token's life is over
	CodeNoCallbackURL      Code = 43012  // a card with buttons needs an app with a callback URL
	CodeRecallTooLate      Code = 42052  // the message is older than 24 hours
	CodeEmptyMedia         Code = 44001  // a file of no more than 5 bytes
	CodeEmptyContent       Code = 44004  // a text without content
	CodeRateLimited        Code = 45009  // called too often: blocked for 60 s, an hour, or until midnight
	CodeTooManyConcurrent  Code = 45033  // too many calls at once
	CodeURLScheme          Code = 45034  // a link without http:// or https://
	CodeUserNotFound       Code = 46004  // no member has this phone number or address
	CodeForbidden          Code = 48002  // this app may not use this call
	CodeUntrustedIP        Code = 60020  // the caller's IP is not in the app's list
	CodeUserUnknown        Code = 60111  // no member has this user id
	CodeResponseCodeUsed   Code = 60140  // response_code of a card wrong, used or older than 72 hours
	CodeNoReceiver         Code = 81013  // nobody of those named can get the message
	CodeTargetsEmpty       Code = 82001  // touser, toparty and totag all empty
	CodeTooManyParties     Code = 82002  // more than 100 departments
	CodeTooManyTags        Code = 82003  // more than 100 tags
	CodeForeignChat        Code = 86008  // the group chat was made by another app
	CodeBadWebhook         Code = 93000  // the key of a group robot is wrong, or the robot is gone
	CodeForeignAgent       Code = 301002 // the token belongs to another app than agentid
)

// Kind says what an errcode asks the caller to do.
type Kind uint8

const (
	Unknown       Kind = iota // not in the table: read errmsg
	OK                        // errcode 0
	Busy                      // WeCom's own trouble: try again with growing pauses
	Limited                   // too often or too many: wait until the block ends, then go slower
	TokenRefused              // the credential is dead: fetch another, then repeat once
	Misconfigured             // corpid, secret, agent id, trusted IP, callback: a person must change a setting
	NotAllowed                // the app or corp has no permission for this call
	NoRecipient               // nobody of those named can be reached
	BadMessage                // the request itself is wrong; repeating it cannot help
)

var kindNames = [...]string{
	"unknown", "ok", "busy", "limited", "token refused", "misconfigured", "not allowed", "no recipient", "bad message",
}

// String returns the kind in English words.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// codeInfo is one row of the table in errcodes.tsv.
type codeInfo struct {
	code           Code
	kind           Kind
	kindOnGettoken Kind   // zero where gettoken means the same by it
	credential     string // for TokenRefused: which credential is bad; "app" is the access_token of an app
	en, zh         string
	hintEn, hintZh string
}

func (c Code) info() (codeInfo, bool) {
	i, ok := slices.BinarySearchFunc(codeTable[:], c, func(row codeInfo, c Code) int { return cmp.Compare(row.code, c) })
	if !ok {
		return codeInfo{}, false
	}
	return codeTable[i], true
}

// Kind says what the code asks for in the answer of an ordinary call. A few codes mean something
// else in the answer of gettoken; [Error.Kind] knows which call it was.
func (c Code) Kind() Kind {
	row, _ := c.info()
	return row.kind
}

// kindFrom is Kind for the answer of the call op.
func (c Code) kindFrom(op string) Kind {
	row, _ := c.info()
	if op == opGettoken && row.kindOnGettoken != Unknown {
		return row.kindOnGettoken
	}
	return row.kind
}

// Meaning returns in a few words what the code says, or "" for a code that is not in the table.
func (c Code) Meaning(lang Lang) string {
	row, _ := c.info()
	if lang.isChinese() {
		return row.zh
	}
	return row.en
}

// Link returns the address of WeCom's own page about the code.
func (c Code) Link() string {
	return "https://open.work.weixin.qq.com/devtool/query?e=" + strconv.Itoa(int(c))
}
