package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/poshealth/poshealth/transport/wire"
)

// showCapabilities prints how a terminal can be read, and why not what cannot.
func (in *invocation) showCapabilities(c wire.Capabilities) int {
	if in.format == "json" {
		e := json.NewEncoder(in.Out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(c); err != nil {
			return in.fail(err, "")
		}
		return exitReady
	}
	if _, err := io.WriteString(in.Out, capabilities(c, style{lang: in.lang, colour: in.colour})); err != nil {
		return in.fail(err, "")
	}
	return exitReady
}

// capabilities is a line a datum: what is read and by which source, then what is not, with all that was tried.
func capabilities(c wire.Capabilities, st style) string {
	var read, not strings.Builder
	for _, d := range c.Data {
		name := pad(datumName(d.Datum, st), 28)
		if d.Source != "" {
			fmt.Fprintf(&read, "  %s %s %s\n", st.paint(green, "✓"), name, d.Source)
			continue
		}
		fmt.Fprintf(&not, "  %s %s %s\n", st.paint(yellow, "–"), name, reasonIn(st.lang, d.Reason))
		for _, a := range d.Tried {
			not.WriteString(st.paint(dim, st.wrap("", 6, a.Source+": "+a.Detail)))
		}
	}
	words := []string{st.paint(bold, c.Terminal.ID)}
	for _, w := range []string{c.Terminal.Model, c.Terminal.OS, levelName(c.Level, st)} {
		if w != "" {
			words = append(words, w)
		}
	}
	text := strings.Join(words, "  ") + "\n"
	if read.Len() > 0 {
		text += "\n" + st.say("Read here", "本机可读") + "\n" + read.String()
	}
	if not.Len() > 0 {
		text += "\n" + st.say("Cannot be read here", "本机不可读") + "\n" + not.String()
	}
	return text
}

func levelName(level string, st style) string {
	names := map[string][2]string{
		"root": {"as root", "root 权限"}, "system": {"as the system", "系统权限"}, "shell": {"as adb's shell", "adb shell 权限"},
		"app": {"as an app", "普通应用权限"}, "user": {"as a user", "普通用户权限"},
	}
	if n, ok := names[level]; ok {
		return st.say(n[0], n[1])
	}
	return st.say("not known as whom", "权限未知")
}

func datumName(datum string, st style) string {
	names := map[string][2]string{
		"app": {"payment app", "支付应用"}, "app-background": {"app's background limits", "支付应用后台限制"}, "app-doze": {"app's exemption from doze", "支付应用省电豁免"}, "device-owner": {"device owner", "设备管理应用"}, "ethernet": {"Ethernet settings", "有线网络设置"}, "app-crashes": {"app's crashes", "支付应用崩溃记录"},
		"app-signer": {"app's signer", "支付应用签名"}, "battery": {"battery", "电池"}, "battery-capacity": {"battery's capacity", "电池容量"},
		"boot-id": {"boot id", "开机标识"}, "boot-reason": {"reason of the last start", "上次开机原因"}, "integrity": {"verified boot, patch", "启动校验与补丁"},
		"memory": {"memory", "内存"}, "kills": {"low-memory kills", "低内存查杀"}, "oom-kills": {"the kernel's kills", "内核内存查杀"}, "networks": {"networks, validation", "网络与连通校验"},
		"processes": {"processes", "进程"}, "processor": {"processor", "处理器"}, "resolver": {"the terminal's resolver", "系统域名解析"},
		"roots": {"certificate authorities", "根证书"}, "location": {"location service", "定位服务"}, "signal": {"registration and signal", "驻网与信号"}, "sim": {"SIM", "流量卡"},
		"sim-change": {"change of SIM", "流量卡更换"}, "storage": {"storage", "存储"}, "switches": {"airplane mode, switches", "飞行模式与开关"},
		"tamper": {"tamper state", "防拆状态"}, "temperature": {"temperature", "温度"}, "timezone": {"time zone", "时区"},
		"tombstones": {"tombstones", "崩溃转储"}, "anr-traces": {"traces of hung apps", "无响应记录"}, "wear": {"wear of the flash", "闪存寿命"}, "wifi": {"Wi-Fi", "Wi-Fi"},
	}
	if n, ok := names[datum]; ok {
		return st.say(n[0], n[1])
	}
	return datum
}
