package simulator

import "cmp"

// robot is a group robot of the world.
type robot struct {
	corp      *corp
	key, name string
	chat      string
	disabled  bool
	audience  []*member // of the group it is in
	sent      *pace
}

// conversation is what the inbox page tells groups apart by. A robot knows its group by name only.
func (r *robot) conversation() string { return "robot " + cmp.Or(r.chat, r.name) }

// addRobot keeps what before knows of how much the robot has sent.
func (c *corp) addRobot(from Robot, before *directory) *robot {
	r := &robot{
		corp: c, key: from.Key, name: from.Name, chat: from.Chat, disabled: from.Disabled,
		audience: c.everyone, sent: new(pace),
	}
	if from.Users != nil {
		r.audience = c.union(from.Users, nil, nil)
	}
	if before != nil {
		if old := before.robots[r.key]; old != nil {
			r.sent = old.sent
		}
	}
	c.robots = append(c.robots, r)
	return r
}
