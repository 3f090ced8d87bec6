package command

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

const cardUpdateHelp = `Change a template card that was sent: one with buttons or choices, or a notice with a menu.

--replace puts one grey button with a text in the place of the buttons. --card puts another card, of
any type, in the place of the old one.

The response_code is what "hongyan send" printed, or came with the event of a click. Each works once,
within 72 hours; every click brings another.
` + connectHelp

func (c *cli) cardCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "card <command>",
		Short: "Change a card that was sent",
		Long:  `Change a template card that was sent. "hongyan send --card FILE" sends one.`,
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.DisableFlagsInUseLine = true
	cmd.AddCommand(c.cardUpdateCommand())
	return cmd
}

func (c *cli) cardUpdateCommand() *cobra.Command {
	var (
		n              connection
		r              receivers
		u              wecom.CardUpdate
		card           string
		addUpdateFlags = func(flags *pflag.FlagSet) {
			flags.StringVar(&u.ResponseCode, "code", "", "the card's response `CODE` (response_code)")
			flags.StringVar(&u.ReplaceName, "replace", "", "`TEXT` of the grey button that takes the place of the buttons")
			flags.StringVar(&card, "card", "", "the new card in `FILE`; - is standard input")
			flags.BoolVar(&u.TranslateIDs, "translate-ids", false, "turn $userName=zhangsan$ in the card into a name")
			_ = cobra.MarkFlagFilename(flags, "card")
		}
	)
	cmd := &cobra.Command{
		Use:   "update --code CODE (--replace TEXT | --card FILE) [flags]",
		Short: "Change a card that was sent",
		Long:  cardUpdateHelp,
		Example: `  hongyan card update --code "$CODE" --replace "已处理" --to zhangsan
  hongyan card update --code "$CODE" --card done.json --all`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.updateCard(cmd, &n, &r, u, card) },
	}
	addGroups(cmd,
		flagGroup{"What changes", addUpdateFlags},
		flagGroup{"For whom", r.addFlags},
		flagGroup{"Which app, which WeCom", n.addFlags},
	)
	return cmd
}

func (c *cli) updateCard(cmd *cobra.Command, n *connection, r *receivers, u wecom.CardUpdate, card string) error {
	to, err := r.to(cmd)
	if err != nil {
		return err
	}
	switch {
	case u.ResponseCode == "":
		return usage(cmd, "--code is missing").hint(
			`it is the response_code that "hongyan send" printed, or that came with the event of a click`,
			`即 "hongyan send" 打印的、或点击事件中的 response_code`)
	case u.ReplaceName == "" && card == "":
		return usage(cmd, "give --replace TEXT or --card FILE")
	case u.ReplaceName != "" && card != "":
		return usage(cmd, "--replace and --card are two ways to change a card: give one")
	case slices.ContainsFunc(to.Users, delivery.IsAlias):
		return usage(cmd, "a card is changed for user ids").hint(
			`"hongyan directory user --mobile NUMBER" tells whose a phone number is`, `可用 "hongyan directory user --mobile 手机号" 查询成员账号`)
	case !named(to):
		return usage(cmd, "nobody's card to change").hint(
			"name whose: --to USER, --party ID, --tag ID, or --all for everybody who got it",
			"请指定谁的卡片：--to 成员、--party 部门、--tag 标签，或 --all（所有收到者）")
	}
	u.Users, u.Parties, u.Tags, u.All = to.Users, to.Parties, to.Tags, to.All
	if card != "" {
		if u.Card, err = c.readCard(cmd.Context(), card); err != nil {
			return err
		}
	}
	var missed []string
	err = c.use(cmd, n, true, func(ctx context.Context, client *wecom.Client) error {
		missed, err = client.UpdateCard(ctx, u)
		return err
	})
	if err != nil {
		return err
	}
	reachedUsers := reached(to, wecom.Receipt{InvalidUsers: missed})
	if _, err := fmt.Fprintln(c.std.Out, "changed for "+describe(reachedUsers)); err != nil || len(missed) == 0 {
		return err
	}
	c.warn("not changed for "+plural("member", missed), pick(c.lang,
		"only who got the card has a copy to change", "只有收到过该卡片的成员才能更新"))
	return errPartly
}
