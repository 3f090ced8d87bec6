package command

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// nameOf is a member as --to names it: a user id, or mobile:NUMBER or email:ADDRESS, as the gateway
// writes these.
func nameOf(user string) (name string, err error) {
	switch mobile, email := delivery.CutAlias(user); {
	case mobile != "":
		return delivery.Mobile(mobile)
	case email != "":
		return delivery.Email(email)
	}
	return user, nil
}

// withoutAliases is a letter as it can be checked before its members are known.
func withoutAliases(l letter) letter {
	m, ok := l.(wecom.Message)
	if !ok || !slices.ContainsFunc(m.To.Users, delivery.IsAlias) {
		return l
	}
	m.To.Users = slices.Clone(m.To.Users)
	for i, user := range m.To.Users {
		if mobile, email := delivery.CutAlias(user); mobile+email != "" {
			m.To.Users[i] = "m"
		}
	}
	return m
}

// lookUp puts members in the place of phone numbers and email addresses. All letters have the same
// receivers. Who is not found is left out, unless nobody is left.
func (p *post) lookUp(ctx context.Context, letters []letter) error {
	m, ok := letters[0].(wecom.Message)
	if !ok || !slices.ContainsFunc(m.To.Users, delivery.IsAlias) {
		return nil
	}
	to := m.To
	to.Users = nil
	for _, user := range m.To.Users {
		member, err := p.userID(ctx, user)
		switch {
		case err != nil:
			return err
		case member == "":
			p.unknown = append(p.unknown, user)
		default:
			to.Users = append(to.Users, member)
		}
	}
	if !named(to) {
		return failed("nobody to send to: no member has %s", strings.Join(p.unknown, ", ")).hint(
			"check the numbers and addresses, and 可见范围 on the app's page", "请核对手机号和邮箱，以及应用的「可见范围」")
	}
	for i := range letters {
		part := letters[i].(wecom.Message)
		part.To = to
		letters[i] = part
	}
	return nil
}

// userID is "" if nobody is found.
func (p *post) userID(ctx context.Context, user string) (id string, err error) {
	mobile, email := delivery.CutAlias(user)
	switch {
	case mobile != "":
		id, err = p.client.UserIDByMobile(ctx, mobile)
	case email != "":
		id, err = p.client.UserIDByEmail(ctx, email, wecom.CorpEmail)
		if errors.Is(err, &wecom.Error{Code: wecom.CodeUserNotFound}) {
			id, err = p.client.UserIDByEmail(ctx, email, wecom.PersonalEmail)
		}
	default:
		return user, nil
	}
	if errors.Is(err, &wecom.Error{Code: wecom.CodeUserNotFound}) {
		return "", nil
	}
	return id, err
}
