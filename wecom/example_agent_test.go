package wecom_test

import (
	"context"
	"fmt"
	"time"
)

// Who can be reached at all: the visible range of the app.
func ExampleClient_Agent() {
	client, sim := newClient()
	defer sim.Close()

	app, err := client.Agent(context.Background())
	check(err)
	fmt.Println(app.Name, "for departments", app.Visible.Parties)
	// Output: 鸿雁 for departments [1]
}

// A ticket prints without its value; the value signs the configuration of a page.
func ExampleClient_JSAPITicket() {
	client, sim := newClient()
	defer sim.Close()

	ticket, err := client.JSAPITicket(context.Background())
	check(err)
	fmt.Println(ticket.Value != "", time.Until(ticket.ExpiresAt).Round(time.Minute))
	// Output: true 2h0m0s
}

func ExampleClient_AgentTicket() {
	client, sim := newClient()
	defer sim.Close()
	ctx := context.Background()

	corp, err := client.JSAPITicket(ctx)
	check(err)
	app, err := client.AgentTicket(ctx)
	check(err)
	fmt.Println("another one:", app.Value != corp.Value)
	// Output: another one: true
}

// The addresses that a firewall lets out to.
func ExampleClient_APIDomainIPs() {
	client, sim := newClient()
	defer sim.Close()

	addresses, err := client.APIDomainIPs(context.Background())
	fmt.Println(addresses, err)
	// Output: [127.0.0.1] <nil>
}

// The addresses that a firewall lets in to the callback URL.
func ExampleClient_CallbackIPs() {
	client, sim := newClient()
	defer sim.Close()

	addresses, err := client.CallbackIPs(context.Background())
	fmt.Println(addresses, err)
	// Output: [127.0.0.1] <nil>
}
