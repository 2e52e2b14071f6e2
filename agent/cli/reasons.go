package cli

import "strings"

// reasonIn is a probe's reason as the reader says it. One that is not known here is shown as it is.
func reasonIn(lang, reason string) string {
	if lang == "zh" {
		if zh := chineseReason(reason); zh != "" {
			return zh
		}
	}
	switch reason {
	case "denied":
		return "no permission"
	case "absent":
		return "not found here"
	case "not-idle":
		return "app not known to be idle"
	case "portal":
		return "sign-in page"
	}
	return strings.ReplaceAll(reason, "-", " ")
}

func chineseReason(reason string) string {
	switch reason {
	case "spent":
		return "已用完"
	case "rejected":
		return "未采用"
	case "probation":
		return "试用中"
	case "no-token":
		return "没有令牌"
	case "clone-suspected":
		return "身份疑被复制"
	case "renewal-fails":
		return "证书续期失败"
	case "damaged":
		return "已损坏"
	case "timeout":
		return "超时"
	case "refused":
		return "被拒绝"
	case "unreachable":
		return "不可达"
	case "reset":
		return "连接被重置"
	case "closed":
		return "对方断开"
	case "alert":
		return "对方拒绝加密"
	case "nxdomain":
		return "域名不存在"
	case "servfail":
		return "解析服务器出错"
	case "no-server":
		return "没有服务器"
	case "no-address":
		return "没有地址"
	case "blocked":
		return "系统不让联网"
	case "no-route":
		return "没有路由"
	case "no-carrier":
		return "没有连接"
	case "no-interface":
		return "没有网络接口"
	case "no-connection":
		return "未连上"
	case "cert-expired":
		return "证书过期"
	case "cert-not-yet-valid":
		return "证书未生效"
	case "untrusted":
		return "证书不可信"
	case "wrong-name":
		return "证书名称不符"
	case "version":
		return "加密版本不兼容"
	case "not-tls":
		return "不是加密服务"
	case "client-cert-wanted":
		return "需要客户端证书"
	case "tlcp":
		return "国密协议"
	case "disagree":
		return "时间源不一致"
	case "no-source":
		return "时间源无应答"
	}
	if zh := chineseWay(reason); zh != "" {
		return zh
	}
	return chineseState(reason)
}

func chineseWay(reason string) string {
	switch reason {
	case "silent":
		return "无应答"
	case "some-silent":
		return "部分无应答"
	case "all-silent":
		return "全部无应答"
	case "portal":
		return "需网页登录"
	case "large-stalls":
		return "大包不通"
	case "no-handshake":
		return "未建立加密"
	case "not-http":
		return "不是 HTTP 应答"
	case "server-error":
		return "主机报错"
	case "malformed-reply":
		return "应答无法识别"
	case "not-idle":
		return "支付应用未空闲"
	case "too-soon":
		return "未到间隔"
	}
	return ""
}

func chineseState(reason string) string {
	switch reason {
	case "crashed":
		return "崩溃"
	case "tampered":
		return "已触发防拆"
	case "missing":
		return "未安装"
	case "disabled":
		return "已停用"
	case "stopped":
		return "已停止"
	case "not-configured":
		return "未配置"
	case "offline":
		return "离线"
	case "connecting":
		return "连接中"
	case "denied":
		return "无权限"
	case "absent":
		return "本机未提供"
	case "malformed":
		return "无法识别"
	case "cancelled":
		return "已取消"
	case "stuck":
		return "检测无响应"
	case "panicked":
		return "检测出错"
	}
	return ""
}
