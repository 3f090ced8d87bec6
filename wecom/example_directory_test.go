package wecom_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/hongyan-im/hongyan/wecom"
)

// An alert names a phone number; WeCom wants a user id. Remember numbers that nobody has.
func ExampleClient_UserIDByMobile() {
	client, sim := newClient()
	defer sim.Close()
	ctx := context.Background()

	user, err := client.UserIDByMobile(ctx, "13800000003")
	fmt.Println(user, err)
	_, err = client.UserIDByMobile(ctx, "13899999999")
	fmt.Println("nobody:", errors.Is(err, &wecom.Error{Code: wecom.CodeUserNotFound}))
	// Output:
	// lisi <nil>
	// nobody: true
}

func ExampleClient_UserIDByEmail() {
	client, sim := newClient()
	defer sim.Close()

	user, err := client.UserIDByEmail(context.Background(), "lisi@example.com", wecom.CorpEmail)
	fmt.Println(user, err)
	// Output: lisi <nil>
}

func ExampleClient_User() {
	client, sim := newClient()
	defer sim.Close()

	user, err := client.User(context.Background(), "lisi")
	check(err)
	fmt.Println(user.Name, user.Departments, user.Status == wecom.UserActive)
	// Output: 李四 [2] true
}

func ExampleClient_Departments() {
	client, sim := newClient()
	defer sim.Close()

	departments, err := client.Departments(context.Background(), 0) // all that the app may see
	check(err)
	for _, d := range departments {
		fmt.Println(d.ID, "in", d.ParentID)
	}
	// Output:
	// 1 in 0
	// 2 in 1
	// 3 in 1
}

func ExampleClient_Tags() {
	client, sim := newClient()
	defer sim.Close()

	tags, err := client.Tags(context.Background())
	fmt.Println(tags, err)
	// Output: [{1 值班} {2 管理}] <nil>
}

func ExampleClient_Tag() {
	client, sim := newClient()
	defer sim.Close()

	onDuty, err := client.Tag(context.Background(), 1)
	check(err)
	for _, member := range onDuty.Users {
		fmt.Println(member.ID, member.Name)
	}
	// Output:
	// zhangsan 张三
	// lisi 李四
}
