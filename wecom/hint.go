package wecom

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// Hint returns cause and cure in the language, for the person who must act. It is never empty.
func (e *Error) Hint(lang Lang) string {
	switch {
	case e.Code == CodeUntrustedIP:
		return untrustedIPHint(e.CallerIP, lang)
	case e.Code == CodeBadSecret && e.Op == opGettoken:
		return lang.in("the secret is not that of an app of this corp: copy corpid and Secret again from the admin console "+
			"(each app has its own Secret; it changes when it is reset, and stops when the app is disabled). "+
			"Do not keep trying: WeCom blocks the IP for an hour",
			"secret 与该企业的应用不匹配：请到管理后台重新复制企业 ID 和该应用的 Secret（每个应用各不相同，重置后会变，应用停用后失效）。"+
				"不要反复重试，否则来源 IP 会被封 1 小时")
	case e.Code == CodeBadParameter && e.Op == opRecall:
		return lang.in("there is no such message of this app: give the msgid that sending it answered, and the settings of the app that sent it",
			"该应用没有这条消息：请使用发送时返回的 msgid，以及发送它的那个应用的设置")
	case tokenRefused(e):
		return lang.in("WeCom refused the access_token, and another one too: check that nothing else fetches tokens with an old secret, and that the app is enabled",
			"企业微信拒绝了 access_token，更换后仍被拒绝：请检查应用是否启用，以及是否有其他程序用旧 secret 获取 token")
	}
	if hint := placeHint(e, lang); hint != "" {
		return hint
	}
	row, known := e.Code.info()
	if !known {
		return lang.in("this code is not in the table; WeCom explains it at ", "错误码表中没有此码，官方说明：") + e.Code.Link()
	}
	meaning, cure := lang.in(row.en, row.zh), lang.in(row.hintEn, row.hintZh)
	if cure == "" {
		return meaning + lang.in("; see ", "；详见 ") + e.Code.Link()
	}
	return meaning + lang.in(". ", "。") + cure
}

// untrustedIPHint names what must be set first, since the console refuses the address until then
// and does not say why.
func untrustedIPHint(ip string, lang Lang) string {
	if ip == "" {
		ip = lang.in("this machine's public address", "本机的公网出口地址")
	}
	return lang.in(
		"WeCom saw the call come from "+ip+", which is not among the trusted IPs of the app. "+
			"In the admin console (work.weixin.qq.com) open 应用管理 (Apps), choose the app, then 企业可信IP (Trusted IPs), "+
			"add "+ip+" and wait a minute. The console takes an address only after one of these is set for the app: "+
			"a trusted domain (可信域名, under 网页授权及JS-SDK) or a callback URL (接收消息服务器URL). "+
			"If the address changes often, send through a proxy or gateway with a fixed one",
		"企业微信看到的来源地址是 "+ip+"，它不在该应用的企业可信IP中。"+
			"请在管理后台（work.weixin.qq.com）打开「应用管理」→ 该应用 →「企业可信IP」，填入 "+ip+"，约 1 分钟后生效。"+
			"填写之前，该应用必须先设置「可信域名」（网页授权及JS-SDK）或「接收消息服务器URL」之一，否则后台不让保存。"+
			"若出口地址常变，请改走固定出口的代理或网关")
}

// placeHint knows what a code means in the answer of a group chat or a robot, where that is more than
// the table has.
func placeHint(e *Error, lang Lang) string {
	chat, robot := strings.HasPrefix(e.Op, "appchat/"), strings.HasPrefix(e.Op, "webhook/")
	switch {
	case chat && (e.Code == 60011 || e.Code == CodeForbidden):
		return lang.in("group chats are for apps that the corp made itself and whose visible range is the whole corp: "+
			"in the admin console open the app, 可见范围 (Visible range), and add the root department",
			"群聊接口只对自建应用开放，且应用的可见范围必须是根部门：请到管理后台打开该应用，在「可见范围」中添加根部门")
	case robot && e.Code == CodeRateLimited:
		return lang.in("a robot may send 20 messages a minute: wait 60 seconds, then send at most one every 3 seconds",
			"每个机器人每分钟最多发送 20 条：请等待 60 秒，之后每 3 秒最多发送一条")
	case e.Op == opRobotUpload && e.Code == CodeBadParameter:
		return lang.in("nothing has this webhook key, or the parameter that errmsg names is wrong: copy the whole webhook address again",
			"webhook 的 key 不存在，或 errmsg 所指的参数有误：请重新复制完整的 webhook 地址")
	case robot && e.Code == 301019:
		return lang.in("the picture and its md5 do not match: the md5 is that of the bytes before base64, and base64 has no line breaks",
			"图片与 md5 不符：md5 应按 base64 编码前的内容计算，且 base64 中不能有换行")
	}
	return ""
}

// acts reports whether a call changes something that people see. To repeat another cannot harm.
func acts(op string) bool {
	switch op {
	case opGettoken, opUpload, opUploadImage, opRobotUpload, opDownload, opDownloadHD, opUploadByURL, opUploadByURLResult,
		"message/get_statistics", "appchat/get", "user/getuserid", "user/get_userid_by_email", "user/get",
		"department/simplelist", "tag/list", "tag/get", "agent/get", "get_api_domain_ip", "getcallbackip",
		"get_jsapi_ticket", "ticket/get":
		return false
	}
	return true
}

// mayHaveDelivered reports whether the call was one that acts, and may have taken effect.
func (e *TransportError) mayHaveDelivered() bool { return e.Sent && acts(e.Op) }

// doubt says what may have happened although no answer came.
func (e *TransportError) doubt(lang Lang) string {
	switch e.Op {
	case opSend, opSendChat, opRobotSend:
		return lang.in("the message may have been delivered all the same", "消息可能已经送达")
	}
	return lang.in("the call may have taken effect all the same", "调用可能已经生效")
}

// Hint returns what to check, in the language. It is never empty.
func (e *TransportError) Hint(lang Lang) string {
	var (
		dns       *net.DNSError
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		record    tls.RecordHeaderError
		dial      *net.OpError
	)
	switch {
	case errors.Is(e.Err, errFileChanged):
		return lang.in("nothing was sent: write files that are to be sent under another name first, and rename them when they are complete",
			"没有发送任何消息：请先用其他文件名写入，完成后再改名")
	case errors.Is(e.Err, context.Canceled) && e.mayHaveDelivered():
		return lang.in("the caller gave up waiting for the answer; ", "调用方在等待应答时放弃；") + e.doubt(lang)
	case errors.Is(e.Err, context.Canceled):
		return lang.in("the caller gave up; nothing was sent", "调用方已放弃；没有发送任何消息")
	case errors.As(e.Err, &dns):
		return lang.in("the host name of the base URL cannot be resolved: check its spelling and this machine's DNS",
			"无法解析 base URL 中的主机名：请检查拼写和本机 DNS")
	case errors.As(e.Err, &authority), errors.As(e.Err, &hostname):
		return lang.in("the certificate of the host is not trusted: a proxy that opens TLS, or a wrong base URL",
			"对方证书不受信任：可能经过了解密 TLS 的代理，或 base URL 有误")
	case errors.As(e.Err, &record), e.Status >= 300 && e.Status < 400:
		return lang.in("check the base URL: http where the host wants https, or the reverse", "请检查 base URL：http 与 https 可能用反了")
	case e.Status == http.StatusProxyAuthRequired:
		return lang.in("the proxy wants a user and password", "代理需要用户名和密码")
	case e.Status == http.StatusNotFound:
		return lang.in("the host does not know this path: is the base URL that of a WeCom API, with the right prefix?",
			"对方没有这个路径：base URL 是企业微信接口吗？前缀是否正确？")
	case e.Status >= 500:
		return lang.in("the server or a proxy before it is in trouble (HTTP "+strconv.Itoa(e.Status)+"): try again a little later",
			"服务端或其前面的代理暂时异常（HTTP "+strconv.Itoa(e.Status)+"）：请稍后重试")
	case e.Status != 0:
		return lang.in("something other than WeCom answered, perhaps a proxy or a login page: check the base URL and the proxy",
			"应答的不是企业微信，可能是代理或登录页：请检查 base URL 和代理设置")
	case e.Timeout() && e.Op == opGettoken:
		return lang.in("no token in time, nothing was sent: try again, and check the firewall and the proxy",
			"获取 token 超时，消息没有发送：请重试，并检查防火墙和代理")
	case e.Timeout() && !acts(e.Op):
		return lang.in("no answer in time, nothing was sent: try again, and check the firewall and the proxy",
			"等待应答超时，没有发送任何消息：请重试，并检查防火墙和代理")
	case e.Timeout() && !e.Sent:
		return lang.in("no connection in time: check the base URL, the firewall and the proxy", "连接超时：请检查 base URL、防火墙和代理")
	case e.Timeout():
		return lang.in("no answer in time; ", "等待应答超时；") + e.doubt(lang)
	case errors.As(e.Err, &dial) && dial.Op == "dial":
		return lang.in("nothing answers at this address: check the base URL, the firewall and the proxy",
			"该地址无人应答：请检查 base URL、防火墙和代理")
	case e.mayHaveDelivered():
		return lang.in("the connection broke while waiting for the answer; ", "等待应答时连接中断；") + e.doubt(lang)
	}
	return lang.in("check the network, the base URL and the proxy", "请检查网络、base URL 和代理")
}
