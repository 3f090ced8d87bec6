package httpapi

// kind is an entry of the catalogue of problems.
type kind struct {
	// code is a hundred times the HTTP status and a number within it. It never changes its meaning.
	code        int
	title, hint words
	retryAfter  int // seconds, of the header of that name; 0 means none
}

func (k kind) status() int { return k.code / 100 }

// catalogue lists all problems by their numbers; docs/errors.md is made from it.
var catalogue = []kind{
	problemBadJSON, problemNoBody, problemUnreadable, problemTooDeep, problemNotUTF8,
	problemNoKey, problemBadKey,
	problemScope, problemForeignSender,
	problemNoRoute, problemNoMessage, problemNoSender, problemNoMedia,
	problemMethod,
	problemSlowBody,
	problemNotEnded, problemNothingToResend,
	problemTooLarge,
	problemMediaType,
	problemInvalid, problemUnknownSender, problemKeyReused,
	problemRate,
	problemInternal,
	problemNoToken,
	problemStorage, problemStopping, problemNotReady, problemAbandoned, problemListeners,
}

var (
	problemBadJSON = kind{code: 40001,
		title: words{"the body is not JSON", "请求体不是合法的 JSON"},
		hint: words{"detail names the byte at which reading stopped; JSON wants double quotes, and no comma after the last element",
			"detail 指出解析中断处的字节位置；JSON 要用双引号，最后一项后面不能有逗号"}}
	problemNoBody = kind{code: 40002,
		title: words{"the body is missing", "缺少请求体"},
		hint:  words{"send the message as JSON in the body of the request", "请把消息以 JSON 放在请求体中"}}
	problemUnreadable = kind{code: 40003,
		title: words{"the body ended early or cannot be read", "请求体不完整或无法读取"},
		hint:  words{"check that Content-Length is that of the body, and that no proxy cuts it", "请检查 Content-Length 是否与请求体一致，以及代理是否截断了请求"}}
	problemTooDeep = kind{code: 40004,
		title: words{"the JSON is nested too deeply", "JSON 嵌套层数过多"},
		hint:  words{"no message needs more than 32 levels", "任何消息都用不到 32 层以上的嵌套"}}
	problemNotUTF8 = kind{code: 40005,
		title: words{"the body is not UTF-8", "请求体不是 UTF-8 编码"},
		hint:  words{"convert it to UTF-8 first, as by iconv -f GBK -t UTF-8", "请先转成 UTF-8，例如 iconv -f GBK -t UTF-8"}}

	problemNoKey = kind{code: 40101,
		title: words{"an API key is needed", "需要 API key"},
		hint: words{`send the header "Authorization: Bearer hy_…"; "hongyan key create" makes a key`,
			"请在请求头中携带 “Authorization: Bearer hy_…”；用 hongyan key create 创建 key"}}
	problemBadKey = kind{code: 40102,
		title: words{"the API key is not known", "API key 无效"},
		hint: words{`it was revoked, or is not copied whole; "hongyan key list" shows the keys there are`,
			"该 key 已被吊销，或没有复制完整；用 hongyan key list 查看现有的 key"}}
	problemScope = kind{code: 40301,
		title: words{"the API key may not do this", "该 API key 没有此项权限"},
		hint:  words{"use a key that has the scope which detail names", "请使用具有 detail 中所列权限（scope）的 key"}}
	problemForeignSender = kind{code: 40302,
		title: words{"the API key is not for this app or robot", "该 API key 不能使用此应用或机器人"},
		hint: words{"use another key, or one made with --app or --robot of that name",
			"请换用其他 key，或用 --app、--robot 为该应用或机器人创建 key"}}

	problemNoRoute = kind{code: 40401,
		title: words{"there is nothing at this path", "没有这个路径"},
		hint:  words{"/docs lists the operations", "全部接口见 /docs"}}
	problemNoMessage = kind{code: 40402,
		title: words{"no such message", "没有这条消息"},
		hint: words{"check the id; messages of apps that the key is not for are not shown, and settled ones are forgotten after the retention time",
			"请检查 id；key 无权使用的应用的消息不会显示，已结束的消息超过保留期后会被清除"}}
	problemMethod = kind{code: 40501,
		title: words{"the path does not take this method", "该路径不支持此请求方法"},
		hint:  words{"the header Allow lists those it takes", "可用的方法见响应头 Allow"}}
	problemSlowBody = kind{code: 40801,
		title: words{"the body took too long to arrive", "请求体传输超时"},
		hint:  words{"send it again; the network or the program that sends it is slow", "请重新发送；网络或发送程序过慢"}}
	problemNotEnded = kind{code: 40901,
		title: words{"the message has not come to its end", "消息尚未结束"},
		hint: words{"wait until it has, or cancel what has not left; then send it again",
			"请等待消息结束，或先取消尚未发出的部分，再重新发送"}}
	problemNothingToResend = kind{code: 40902,
		title: words{"nothing of the message needs to be sent again", "这条消息没有需要重发的内容"},
		hint: words{"all of it was sent: missed=true is for those who did not get it although others did, all=true for everybody",
			"消息已全部发出：missed=true 只发给没有收到的成员，all=true 发给所有人"}}
	problemTooLarge = kind{code: 41301,
		title: words{"the body is too large", "请求体过大"},
		hint: words{"upload files by POST /v1/media, which takes 20 MB, and send the id that it answers",
			"文件请先用 POST /v1/media 上传（最大 20 MB），再用返回的 id 发送"}}
	problemMediaType = kind{code: 41501,
		title: words{"the body must be JSON", "请求体必须是 JSON"},
		hint:  words{`send the header "Content-Type: application/json"`, "请携带请求头 “Content-Type: application/json”"}}

	problemInvalid = kind{code: 42201,
		title: words{"the request is not valid", "请求内容有误"},
		hint:  words{"correct the fields that errors lists", "请修正 errors 中列出的字段"}}
	problemUnknownSender = kind{code: 42202,
		title: words{"the configuration has no such app or robot", "配置中没有这个应用或机器人"},
		hint: words{"check the spelling; app and robot are names of the gateway's configuration, not numbers of WeCom",
			"请检查拼写；app 和 robot 填网关配置中的名称，不是企业微信的编号"}}
	problemKeyReused = kind{code: 42203,
		title: words{"the Idempotency-Key was used for another request", "该 Idempotency-Key 已用于另一个请求"},
		hint: words{"a key belongs to one message: take a new one for a new message, and the same body when repeating a request",
			"一个 key 只对应一条消息：新消息请换新 key，重试时请求体必须相同"}}
	problemRate = kind{code: 42901,
		title: words{"the API key is over its rate", "该 API key 超出了速率限制"},
		hint: words{"repeat the request after as many seconds as the header Retry-After says; the rate was set by hongyan key create --rate, and each message of a batch counts",
			"请在响应头 Retry-After 所示的秒数之后重试；速率由 hongyan key create --rate 设定，批量发送按消息条数计"}}

	problemInternal = kind{code: 50001,
		title: words{"something went wrong in the gateway", "网关内部错误"},
		hint: words{"it is not known whether the request took effect: repeat it with the same Idempotency-Key; the gateway's log has the cause",
			"请求是否生效未知：请用相同的 Idempotency-Key 重试；原因见网关日志"}}
	problemStorage = kind{code: 50301, retryAfter: 5,
		title: words{"the storage cannot take it just now", "存储暂时不可用"},
		hint: words{"nothing was accepted: repeat the request with the same Idempotency-Key; the operator looks at disk space and at the gateway's log",
			"消息未被接收：请用相同的 Idempotency-Key 重试；请运维检查磁盘空间和网关日志"}}
	problemStopping = kind{code: 50302, retryAfter: 5,
		title: words{"the gateway is stopping", "网关正在停止"},
		hint:  words{"nothing was accepted: repeat the request with the same Idempotency-Key", "消息未被接收：请用相同的 Idempotency-Key 重试"}}
	problemNotReady = kind{code: 50303, retryAfter: 5,
		title: words{"the gateway is not ready", "网关尚未就绪"},
		hint:  words{"it takes no messages just now; the gateway's log has the cause", "网关暂时不接收消息；原因见网关日志"}}
	problemAbandoned = kind{code: 50304, retryAfter: 5,
		title: words{"the request was given up before it was done", "请求在完成之前被放弃"},
		hint: words{"it is not known whether it took effect: repeat it with the same Idempotency-Key",
			"请求是否生效未知：请用相同的 Idempotency-Key 重试"}}
	problemNoSender = kind{code: 40410,
		title: words{"there is no such app", "没有该应用"},
		hint: words{"see GET /v1/apps for those that the key is for; a robot is called robot:NAME",
			"可用 GET /v1/apps 查看该 key 可用的应用；机器人写作 robot:名称"}}
	problemNoMedia = kind{code: 40411,
		title: words{"there is no such file", "没有该文件"},
		hint: words{"upload it by POST /v1/media; files that no message has named for the retention time are forgotten",
			"请用 POST /v1/media 上传；超过保留期未被任何消息使用的文件会被清除"}}
	problemNoToken = kind{code: 50201,
		title: words{"WeCom gives no access token", "企业微信没有给出 access_token"},
		hint:  words{"detail has what WeCom said; POST /v1/apps/{name}/check says more", "企业微信的应答见 detail；可用 POST /v1/apps/{name}/check 进一步检查"}}
	problemListeners = kind{code: 50310, retryAfter: 30,
		title: words{"too many listen to events", "监听事件的连接过多"},
		hint:  words{"close streams that nobody reads", "请关闭无人读取的事件流"}}
)
