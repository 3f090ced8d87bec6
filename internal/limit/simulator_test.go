package limit_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/limit"
	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

// What goes when the limits let it go, the simulator neither drops nor refuses.
func TestSimulatorDropsNothing(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { simulatorDropsNothing(t, seed) })
	}
}

func simulatorDropsNothing(t *testing.T, seed uint64) {
	d := &dispatch{t: t, now: start}
	d.limits = newLimits(limit.Config{
		AccountCap: func(delivery.Sender) int { return 500 },
		Now:        func() time.Time { return d.now },
	})
	sim := wecomtest.NewServer(t, simulator.WithClock(func() time.Time { return d.now }))
	client := sim.Client()
	robot, err := wecom.NewRobot(wecom.RobotConfig{Key: sim.World().Corps[0].Robots[0].Key, BaseURL: sim.URL})
	if err != nil {
		t.Fatal(err)
	}
	ops := delivery.Robot("ops")
	sends, putOff := 0, 0
	d.sent = func(r *row) {
		sends++
		if r.waited > 0 {
			putOff++
		}
		var err error
		if r.from == ops {
			err = robot.Send(context.Background(), *r.content.Robot)
		} else {
			_, err = client.Send(context.Background(), *r.content.App)
		}
		if err != nil {
			t.Fatalf("message %d: %v", r.number, err)
		}
	}
	random := rand.New(rand.NewPCG(seed, 0))
	d.late = func() time.Duration { return time.Duration(random.IntN(300)) * time.Millisecond }
	members := []string{"ChenPengWei", "zhangsan", "lisi", "wangwu", "zhaoliu", "sunqi", "zhouba"}
	persons := 0
	for i := range 5000 {
		switch random.IntN(200) {
		case 0:
			d.advance(time.Duration(random.IntN(120)) * time.Second)
		case 1:
			d.pause(time.Duration(random.IntN(300)) * time.Second)
		default:
			d.advance(time.Duration(random.IntN(800)) * time.Millisecond)
		}
		body := wecom.Text{Content: fmt.Sprint("message ", i)}
		switch random.IntN(20) {
		case 0:
			d.accept(crm, delivery.Content{App: &wecom.Message{To: wecom.To{All: true}, Body: body}})
			persons += len(members)
		case 1, 2, 3:
			d.accept(ops, delivery.Content{Robot: &wecom.RobotMessage{Body: body}})
			persons += len(members)
		default:
			random.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
			users := append([]string(nil), members[:1+random.IntN(4)]...)
			d.accept(crm, delivery.Content{App: &wecom.Message{To: wecom.To{Users: users}, Body: body}})
			persons += len(users)
		}
	}
	d.drain()
	stats := sim.Stats()
	if stats.DroppedOverQuota != 0 {
		t.Errorf("%d were dropped", stats.DroppedOverQuota)
	}
	if int(stats.PersonDeliveries) != persons {
		t.Errorf("%d person-deliveries of %d", stats.PersonDeliveries, persons)
	}
	if putOff < sends/10 {
		t.Errorf("only %d of %d had to wait", putOff, sends)
	}
	t.Logf("%d sends, %d of them put off, in %v of simulated time", sends, putOff, d.now.Sub(start))
}
