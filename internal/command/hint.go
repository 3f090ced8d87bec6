package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hongyan-im/hongyan/wecom"
)

// userLang is the language that the environment asks for, in POSIX's order: the first of the three
// that is set decides, even if it says C.
func userLang(getenv func(string) string) wecom.Lang {
	locale := cmp.Or(getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"))
	return pick(wecom.Lang(locale), wecom.English, wecom.Chinese)
}

// pick returns the one of the language.
func pick[T any](lang wecom.Lang, english, chinese T) T {
	if strings.HasPrefix(strings.ToLower(string(lang)), "zh") {
		return chinese
	}
	return english
}

// langValue is the value of --lang.
type langValue struct{ lang *wecom.Lang }

func (v langValue) String() string { return "" } // no default in the help: it is the environment's
func (v langValue) Type() string   { return "lang" }
func (v langValue) Set(text string) error {
	lower := strings.ToLower(text)
	if !strings.HasPrefix(lower, "en") && !strings.HasPrefix(lower, "zh") {
		return errors.New("it is en or zh")
	}
	*v.lang = pick(wecom.Lang(lower), wecom.English, wecom.Chinese)
	return nil
}

// report tells the user about an error, and what to do about it.
func (c *cli) report(err error) {
	if errors.Is(err, errPartly) || errors.Is(err, errInvalid) || errors.Is(err, errUnfinished) || errors.Is(err, errRed) { // which was told already
		return
	}
	text, hint := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "wecom: "), "gateway: "), ""
	var hinter interface{ Hint(wecom.Lang) string }
	if errors.As(err, &hinter) {
		hint = hinter.Hint(c.lang)
	}
	var (
		invalid  *wecom.ValidationError
		noAnswer *wecom.TransportError
	)
	switch {
	case errors.As(err, &invalid):
		hint = c.inFlags(invalid, hint)
	case !errors.As(err, &noAnswer):
	case errors.Is(err, context.Canceled):
		text, hint = "interrupted: "+text, c.whereItMayBe(err)
	case errors.Is(err, context.DeadlineExceeded):
		text = strings.ReplaceAll(text, context.DeadlineExceeded.Error(), "time is up (--timeout)")
		hint = c.whereItMayBe(err) + pick(c.lang,
			"; check the base URL, the firewall and the proxy, or allow more time",
			"；请检查 base URL、防火墙和代理，或延长 --timeout")
	}
	c.warn(text, hint)
}

// inFlags puts the SDK's hint into the words of the command line, and says more where it says little.
func (c *cli) inFlags(invalid *wecom.ValidationError, hint string) string {
	for _, f := range invalid.Fields {
		long := f.Problem == wecom.TooLong || f.Problem == wecom.WouldCut
		if en, zh := fieldHint(f); en != "" {
			hint = strings.Replace(hint, f.Hint(c.lang), pick(c.lang, en, zh), 1)
		} else if long && slices.Contains([]string{"text.content", "markdown.content", "markdown_v2.content"}, f.Field) {
			hint += pick(c.lang, `; "hongyan send --split" sends it in numbered parts`, `；"hongyan send --split" 可分条发送并编号`)
		}
	}
	sep := pick(c.lang, "; ", "；")
	hint = strings.Join(slices.DeleteFunc(strings.Split(hint, sep), func(part string) bool {
		return slices.ContainsFunc(invalid.Fields, func(f *wecom.FieldError) bool {
			// The error itself says more than "correct the field".
			return part == pick(c.lang, "correct "+f.Field, "请修正 "+f.Field)
		})
	}), sep)
	return strings.ReplaceAll(hint, "TruncateOK", "--truncate") // what the SDK's field is called here
}

func fieldHint(f *wecom.FieldError) (en, zh string) {
	switch {
	case f.Field == "chatid" && f.Problem == wecom.Malformed:
		return `a chat has the id that "hongyan chat create" printed: letters and digits, without dashes`,
			`群聊 id 是 "hongyan chat create" 打印的那个：只有字母和数字，没有横线`
	case f.Field == "userlist" && f.Problem == wecom.Malformed:
		return "name the members with --to zhangsan,lisi", "请用 --to zhangsan,lisi 指定成员"
	case f.Problem == wecom.Conflict && strings.HasPrefix(f.Detail, "it is a part of "):
		return "remove " + f.Field + ", or change card_type to that of a card which has it",
			"请删除 " + f.Field + "，或把 card_type 改为含有它的卡片类型"
	}
	return "", ""
}

// whereItMayBe answers the first question about a send that was not waited for.
func (c *cli) whereItMayBe(err error) string {
	if wecom.NeverSent(err) {
		return pick(c.lang, "nothing was sent", "没有发送任何消息")
	}
	return pick(c.lang, "the message may have been delivered all the same", "消息可能已经送达")
}

// warn writes a line and a hint to standard error.
func (c *cli) warn(text, hint string) {
	if hint != "" {
		hint = "hint: " + hint + "\n"
	}
	fmt.Fprintf(c.std.Err, "hongyan: %s\n%s", text, hint) // in one write, so that lines of others stay out
}

// flagError puts the errors of the flag parser into words of this program.
func flagError(cmd *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedName() == "secret":
		return usage(cmd, "there is no flag --secret: everybody on this machine could read it in the list of processes").
			hint("use HONGYAN_SECRET or --secret-file", "请改用环境变量 HONGYAN_SECRET 或 --secret-file")
	case errors.As(err, &unknown):
		wrong := usage(cmd, "%v", err)
		if !strings.HasPrefix(err.Error(), "unknown flag") { // a single dash: perhaps no flag at all
			return wrong.hint(`what begins with "-" and is no flag, such as a msgid, needs "--" before it`,
				`以 "-" 开头的内容（例如 msgid）若不是选项，前面要加 "--"`)
		}
		if near := similarFlags(cmd, unknown.GetSpecifiedName()); near != "" {
			wrong.hint("did you mean "+near+"?", "是否想输入 "+near+"？")
		}
		return wrong
	case errors.As(err, &invalid):
		return usage(cmd, "--%s %q: %s", invalid.GetFlag().Name, invalid.GetValue(), wantedValue(invalid))
	}
	return usage(cmd, "%v", err)
}

// similarFlags lists the flags that begin as name does, or that name begins with.
func similarFlags(cmd *cobra.Command, name string) string {
	var near []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if strings.HasPrefix(f.Name, name) || strings.HasPrefix(name, f.Name) {
			near = append(near, "--"+f.Name)
		}
	})
	return strings.Join(near, " or ")
}

func wantedValue(err *pflag.InvalidValueError) string {
	switch err.GetFlag().Value.Type() {
	case "duration":
		return "it is a duration such as 10s or 2m"
	case "int":
		return "it is a whole number"
	case "bool":
		return "it is true or false"
	}
	return errors.Unwrap(err).Error()
}
