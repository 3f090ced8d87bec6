package simulator

// DefaultWorld is the company every simulator starts with: one corp with two apps and seven members.
// Its ids and secrets are fixed, so that examples and settings can name them. Events of the app 鸿雁 are
// recorded; 监控 has no callback, so cards with buttons answer 43012 to it.
func DefaultWorld() World {
	return World{Strict: true, Corps: []Corp{{
		CorpID: "ww0000000000000001",
		Name:   "鸿雁演示",
		Apps: []App{
			{AgentID: 1000002, Name: "鸿雁", Secret: "sim-secret-1000002", Callback: &Callback{}},
			{AgentID: 1000003, Name: "监控", Secret: "sim-secret-1000003"},
		},
		Users: []User{
			{UserID: "ChenPengWei", Name: "陈鹏伟", Mobile: "13800000001", Email: "chenpengwei@example.com", Parties: []int{1}},
			{UserID: "zhangsan", Name: "张三", Mobile: "13800000002", Email: "zhangsan@example.com", Parties: []int{2}},
			{UserID: "lisi", Name: "李四", Mobile: "13800000003", Email: "lisi@example.com", Parties: []int{2}},
			{UserID: "wangwu", Name: "王五", Mobile: "13800000004", Email: "wangwu@example.com", Parties: []int{2}},
			{UserID: "zhaoliu", Name: "赵六", Mobile: "13800000005", Email: "zhaoliu@example.com", Parties: []int{3}},
			{UserID: "sunqi", Name: "孙七", Mobile: "13800000006", Email: "sunqi@example.com", Parties: []int{3}},
			{UserID: "zhouba", Name: "周八", Mobile: "13800000007", Email: "zhouba@example.com", Parties: []int{2, 3}},
		},
		Parties: []Party{
			{ID: 1, Name: "总公司"},
			{ID: 2, Name: "研发部", Parent: 1},
			{ID: 3, Name: "市场部", Parent: 1},
		},
		Tags: []Tag{
			{ID: 1, Name: "值班", Users: []string{"zhangsan", "lisi"}},
			{ID: 2, Name: "管理", Users: []string{"ChenPengWei"}, Parties: []int{3}},
		},
		Robots:     []Robot{{Key: "00000000-0000-0000-0000-000000000001", Name: "值班机器人", Chat: "值班群"}},
		AccountCap: defaultAccountCap,
	}}}
}

// defaultAccountCap allows each app 100,000 person-times a day (path/90312).
const defaultAccountCap = 500
