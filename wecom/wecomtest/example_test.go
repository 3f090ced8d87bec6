package wecomtest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

// alarm is a program under test.
type alarm struct{ client *wecom.Client }

func (a alarm) diskFull(ctx context.Context, host string) error {
	_, err := a.client.Send(ctx, wecom.Message{
		To:   wecom.To{Tags: []int{1}}, // 值班
		Body: wecom.Text{Content: host + " 磁盘已满"},
	})
	return err
}

func ExampleNewServer() {
	testDiskFull := func(t *testing.T) {
		sim := wecomtest.NewServer(t)
		a := alarm{sim.Client()}
		if err := a.diskFull(t.Context(), "db-3"); err != nil {
			t.Fatal(err)
		}
		if got := sim.Inbox("zhangsan").Last().Text(); got != "db-3 磁盘已满" {
			t.Errorf("zhangsan got %q", got)
		}
	}
	fmt.Println(testing.RunTests(func(_, _ string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "TestDiskFull", F: testDiskFull}}))
	// Output: true
}
