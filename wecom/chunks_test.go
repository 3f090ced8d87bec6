package wecom_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
)

func users(from, to int) []string {
	var list []string
	for i := from; i < to; i++ {
		list = append(list, fmt.Sprintf("user%d", i))
	}
	return list
}

func numbers(from, to int) []int {
	var list []int
	for i := from; i < to; i++ {
		list = append(list, i)
	}
	return list
}

func TestChunks(t *testing.T) {
	for _, c := range []struct {
		name string
		to   wecom.To
		want []wecom.To
	}{
		{"nobody", wecom.To{}, []wecom.To{{}}},
		{"everybody", wecom.To{All: true, Parties: numbers(0, 101), Tags: []int{1}}, []wecom.To{{All: true}}},
		{"members beside everybody are still refused", wecom.To{All: true, Users: []string{"a"}}, []wecom.To{{All: true, Users: []string{"a"}}}},
		{"what fits is as it was", wecom.To{Users: []string{"a", "A"}, Tags: []int{1, 1}}, []wecom.To{{Users: []string{"a", "A"}, Tags: []int{1, 1}}}},
		{"exactly full", wecom.To{Users: users(0, 1000)}, []wecom.To{{Users: users(0, 1000)}}},
		{"one more", wecom.To{Users: users(0, 1001)}, []wecom.To{{Users: users(0, 1000)}, {Users: users(1000, 1001)}}},
		{"departments and tags go with the first", wecom.To{Users: users(0, 1500), Parties: []int{7}, Tags: []int{3, 2}}, []wecom.To{
			{Users: users(0, 1000), Parties: []int{7}, Tags: []int{3, 2}}, {Users: users(1000, 1500)},
		}},
		{"each list by its own limit", wecom.To{Users: []string{"a"}, Parties: numbers(0, 150), Tags: numbers(0, 201)}, []wecom.To{
			{Users: []string{"a"}, Parties: numbers(0, 100), Tags: numbers(0, 100)}, {Parties: numbers(100, 150), Tags: numbers(100, 200)}, {Tags: numbers(200, 201)},
		}},
		{"doubles are dropped", wecom.To{Users: append(users(0, 1000), "USER7"), Parties: []int{1, 2, 1}}, []wecom.To{{Users: users(0, 1000), Parties: []int{1, 2}}}},
	} {
		if got := c.to.Chunks(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestChunksAreValidAndComplete(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		var to wecom.To
		for range r.IntN(4000) {
			to.Users = append(to.Users, fmt.Sprintf("User%d", r.IntN(5000)))
		}
		for range r.IntN(400) {
			to.Parties = append(to.Parties, r.IntN(500))
			to.Tags = append(to.Tags, r.IntN(1000))
		}
		to.Users = append(to.Users, "Last")
		before := fmt.Sprint(to)
		var all wecom.To
		for _, c := range to.Chunks() {
			if err := (wecom.Message{To: c, Body: wecom.Text{Content: "x"}}).Validate(); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			all.Users = append(all.Users, c.Users...)
			all.Parties = append(all.Parties, c.Parties...)
			all.Tags = append(all.Tags, c.Tags...)
		}
		if fmt.Sprint(to) != before {
			t.Fatalf("seed %d: the receivers were changed", seed)
		}
		if !slices.Equal(firsts(all.Users), firsts(to.Users)) || !slices.Equal(firsts(all.Parties), firsts(to.Parties)) || !slices.Equal(firsts(all.Tags), firsts(to.Tags)) {
			t.Fatalf("seed %d: the chunks together are not the receivers", seed)
		}
	}
}

// firsts returns the list without what came before, as WeCom compares.
func firsts[E any](list []E) []string {
	var kept []string
	seen := map[string]bool{}
	for _, e := range list {
		if key := strings.ToLower(fmt.Sprint(e)); !seen[key] {
			seen[key] = true
			kept = append(kept, key)
		}
	}
	return kept
}

func ExampleTo_Chunks() {
	staff := make([]string, 2500)
	for i := range staff {
		staff[i] = fmt.Sprintf("staff%04d", i)
	}
	for _, to := range (wecom.To{Users: staff, Parties: []int{7}}).Chunks() {
		fmt.Println(len(to.Users), "members,", len(to.Parties), "departments")
	}
	// Output:
	// 1000 members, 1 departments
	// 1000 members, 0 departments
	// 500 members, 0 departments
}
