package command

import (
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
)

func TestDescribeReached(t *testing.T) {
	for _, test := range []struct {
		to   wecom.To
		r    wecom.Receipt
		want string
	}{
		{wecom.To{Users: []string{"a"}}, wecom.Receipt{}, "a"},
		{wecom.To{All: true}, wecom.Receipt{}, "everybody (@all)"},
		{wecom.To{Users: []string{"A", "b"}, Parties: []int{1, 2}, Tags: []int{3}}, wecom.Receipt{}, "A, b, departments 1, 2, tag 3"},
		{wecom.To{Users: []string{"a", "b", "c", "d", "e", "f"}}, wecom.Receipt{}, "6 members"},
		{
			wecom.To{Users: []string{"A", "b", "c"}, Parties: []int{1}, Tags: []int{3}},
			wecom.Receipt{InvalidUsers: []string{"a"}, UnlicensedUsers: []string{"c"}, InvalidParties: []int{1}, InvalidTags: []int{3}},
			"b",
		},
	} {
		if got := describe(reached(test.to, test.r)); got != test.want {
			t.Errorf("%+v: %q, want %q", test.to, got, test.want)
		}
	}
}
