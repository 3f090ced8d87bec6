package command

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// simulatorLine is the first line a simulator prints: scripts read the address from it.
func simulatorLine(s *server) string {
	line := "simulator  " + s.url + "/   (inbox; API under /cgi-bin/, control under /_sim/)\n"
	if s.exposed {
		line += "           other machines can reach it, without a password. 其他机器也能访问，且无密码。\n"
	}
	return line
}

// describeWorld lists the corps with their apps and members.
func describeWorld(w simulator.World) string {
	const most = 12 // members by name
	var b strings.Builder
	for _, corp := range w.Corps {
		fmt.Fprintf(&b, "corpid     %s  %s\n", corp.CorpID, corp.Name)
		table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "           agentid\tsecret\tapp")
		for _, app := range corp.Apps {
			fmt.Fprintf(table, "           %d\t%s\t%s\n", app.AgentID, app.Secret, app.Name)
		}
		table.Flush()
		var users []string
		for _, u := range corp.Users[:min(len(corp.Users), most)] {
			users = append(users, u.UserID)
		}
		if more := len(corp.Users) - most; more > 0 {
			users = append(users, fmt.Sprintf("and %d more", more))
		}
		fmt.Fprintf(&b, "members    %s\n", strings.Join(users, " "))
	}
	return b.String()
}

// credentials is the environment that makes a shell talk to the simulator as an app.
type credentials struct {
	url, corpID, secret string
	agentID             int
}

// firstApp is the app and the member that examples use; ok is false in a world without either.
func firstApp(url string, w simulator.World) (app credentials, user string, ok bool) {
	const usual = "zhangsan" // of the default world, and of the manual
	for _, corp := range w.Corps {
		if len(corp.Apps) == 0 || len(corp.Users) == 0 {
			continue
		}
		user = corp.Users[0].UserID
		if slices.ContainsFunc(corp.Users, func(u simulator.User) bool { return u.UserID == usual }) {
			user = usual
		}
		return credentials{url, corp.CorpID, corp.Apps[0].Secret, corp.Apps[0].AgentID}, user, true
	}
	return credentials{}, "", false
}

// environment is the settings as words of a shell, one each.
func (a credentials) environment() []string {
	return []string{
		"HONGYAN_BASE_URL=" + quote(a.url),
		"HONGYAN_CORP_ID=" + quote(a.corpID),
		"HONGYAN_AGENT_ID=" + strconv.Itoa(a.agentID),
		"HONGYAN_SECRET=" + quote(a.secret),
	}
}

// shellExamples is what to paste into a shell: the environment, this program, and curl.
func shellExamples(program, url string, w simulator.World) string {
	app, user, ok := firstApp(url, w)
	if !ok {
		return ""
	}
	return fmt.Sprintf(`copy into a shell 复制到终端：
  export %s
  %s send --to %s "磁盘已满"

or with curl 或用 curl：
  TOKEN=$(curl -s "$HONGYAN_BASE_URL/cgi-bin/gettoken?corpid=$HONGYAN_CORP_ID&corpsecret=$HONGYAN_SECRET" | cut -d'"' -f10)
  curl -s "$HONGYAN_BASE_URL/cgi-bin/message/send?access_token=$TOKEN" \
    -d '{"touser":"%s","msgtype":"text","agentid":%d,"text":{"content":"磁盘已满"}}'

`, strings.Join(app.environment(), " \\\n         "), cmp.Or(program, "hongyan"), user, user, app.agentID)
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=-]+$`)

// quote makes text one word of a shell.
func quote(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
