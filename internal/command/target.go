package command

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hongyan-im/hongyan/wecom"
)

// place is where messages go.
type place int

const (
	nowhere   place = iota // no flag says it
	toMembers              // message/send
	toChat                 // appchat/send
	byRobot                // webhook/send
)

// target is where a message goes.
type target struct {
	place place
	to    wecom.To // of members
	chat  string
}

// target is where the flags send the message, or else the environment.
func (f *sendFlags) target(cmd *cobra.Command, getenv func(string) string) (target, error) {
	if err := filled(cmd, "chat", "robot", "robot-file"); err != nil {
		return target{}, err
	}
	to, err := f.receivers.to(cmd)
	if err != nil {
		return target{}, err
	}
	member := given(cmd, "to", "party", "tag", "all")
	chat, robot := given(cmd, "chat"), given(cmd, "robot-file", "robot")
	switch first, second := two(member, chat, robot); {
	case second != "":
		return target{}, usage(cmd, "--%s and --%s are two destinations: give one", first, second)
	case f.robot != "" && f.robotFile != "":
		return target{}, usage(cmd, "--robot and --robot-file name the robot twice: give one")
	case chat != "":
		return target{place: toChat, chat: f.chat}, nil
	case robot != "":
		return target{place: byRobot}, nil
	case named(to):
		return target{place: toMembers, to: to}, nil
	case member == "" && f.json == "" && (getenv("HONGYAN_ROBOT") != "" || getenv("HONGYAN_ROBOT_FILE") != ""):
		return target{place: byRobot}, nil
	}
	return target{}, nil
}

// two returns the first two words that are not empty.
func two(words ...string) (first, second string) {
	for _, w := range words {
		switch {
		case w == "":
		case first == "":
			first = w
		default:
			return first, w
		}
	}
	return first, ""
}

// newRobot makes the robot that the flags or the environment name.
func (f *sendFlags) newRobot(cmd *cobra.Command, getenv func(string) string) (*wecom.Robot, error) {
	if err := f.checkTimeout(cmd); err != nil {
		return nil, err
	}
	key, err := f.robotKey(cmd, getenv)
	if err != nil {
		return nil, err
	}
	robot, err := wecom.NewRobot(wecom.RobotConfig{
		Key: key, BaseURL: setting(getenv, f.baseURL, "HONGYAN_BASE_URL"), Proxy: setting(getenv, f.proxy, "HONGYAN_PROXY"),
		Timeout: f.timeout,
	})
	return robot, explainConfig(cmd, err)
}

func (f *sendFlags) robotKey(cmd *cobra.Command, getenv func(string) string) (string, error) {
	path, key := f.robotFile, f.robot
	if path == "" && key == "" {
		path, key = getenv("HONGYAN_ROBOT_FILE"), strings.TrimSpace(getenv("HONGYAN_ROBOT"))
		if path != "" && key != "" {
			return "", usage(cmd, "both HONGYAN_ROBOT and HONGYAN_ROBOT_FILE are set").hint("unset one of them", "请去掉其中一个")
		}
	}
	if path != "" {
		return readSecret("robot", path,
			"--robot-file or HONGYAN_ROBOT_FILE names a file with nothing but the robot's key or webhook URL in it",
			"--robot-file 或 HONGYAN_ROBOT_FILE 应指向只含机器人 key 或 webhook 地址的文件")
	}
	if key == "" {
		return "", usage(cmd, "not set: the robot (HONGYAN_ROBOT or --robot-file)").hint(
			"the group shows the webhook URL of its robot to whoever added it", "webhook 地址在群机器人的详情页中，由添加者查看")
	}
	return key, nil
}

// receivers is flags that name members.
type receivers struct {
	users, parties, tags []string
	all                  bool
}

func (r *receivers) addFlags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&r.users, "to", nil, "`USER` ids, separated by commas or in several flags; @all is everybody; mobile:NUMBER and email:ADDRESS are looked up")
	flags.StringArrayVar(&r.parties, "party", nil, "department `ID`s, sub-departments included")
	flags.StringArrayVar(&r.tags, "tag", nil, "tag `ID`s")
	flags.BoolVar(&r.all, "all", false, "to everybody in the visible range of the app, like --to @all")
}

// to is whom the flags name, perhaps nobody.
func (r *receivers) to(cmd *cobra.Command) (wecom.To, error) {
	to := wecom.To{All: r.all}
	for _, user := range elements(r.users) {
		name, err := nameOf(user)
		switch {
		case user == "@all":
			to.All = true
			continue
		case err != nil:
			return to, usage(cmd, "--to %s: %v", user, err)
		}
		to.Users = append(to.Users, name)
	}
	var err error
	if to.Parties, err = ids(cmd, "party", r.parties); err != nil {
		return to, err
	}
	to.Tags, err = ids(cmd, "tag", r.tags)
	return to, err
}

func named(to wecom.To) bool {
	return to.All || len(to.Users)+len(to.Parties)+len(to.Tags) > 0
}

func nobody(cmd *cobra.Command) error {
	return usage(cmd, "nobody to send to").hint(
		"name who gets it: --to USER, --party ID, --tag ID or --all; or --chat ID, --robot-file FILE",
		"请指定接收人：--to 成员、--party 部门、--tag 标签 或 --all；也可用 --chat 群聊、--robot-file 群机器人")
}

// elements splits the values of a flag. Commas are what people write in a shell, "|" is how WeCom
// itself separates ids.
func elements(values []string) []string {
	var list []string
	for _, value := range values {
		for part := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ',' || r == '|' }) {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
	}
	return list
}

func ids(cmd *cobra.Command, flag string, values []string) ([]int, error) {
	var list []int
	for _, part := range elements(values) {
		id, err := strconv.Atoi(part)
		if err != nil {
			return nil, usage(cmd, "--%s %q: an id is a whole number", flag, part)
		}
		list = append(list, id)
	}
	return list, nil
}
