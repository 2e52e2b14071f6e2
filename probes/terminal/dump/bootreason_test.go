package dump_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// What whole getprop outputs of real devices say: sys.boot.reason, sys.boot.reason.last, persist.sys.boot.reason,
// ro.boot.bootreason.
func TestBootReasonOfRealDevices(t *testing.T) {
	for _, row := range []struct {
		name  string
		words [4]string
		want  dump.Reboot
	}{
		{"Android 5.1, Meizu MX5", [4]string{"0", "", "", "power_key"}, dump.Reboot{Kind: dump.RebootPowerOn, Word: "power_key"}},
		{"Android 6.0, vivo Y67A", [4]string{"0", "", "", "wdt_by_pass_pwk"}, dump.Reboot{Word: "wdt_by_pass_pwk"}},
		{"Android 6.0.1, ZTE A2017", [4]string{}, dump.Reboot{}},
		{"Android 7.1.1, Xiaomi Mi Max 2", [4]string{}, dump.Reboot{}},
		{"Android 7.1.2, Xiaomi Redmi 5A", [4]string{}, dump.Reboot{}},
		{"Android 7.1.2, Rockchip rk322x", [4]string{}, dump.Reboot{}},
		{"Android 8.1, OPPO A5s", [4]string{}, dump.Reboot{}},
		{"Android 9, Samsung Galaxy S8", [4]string{"shutdown,userrequested", "", "shutdown,userrequested", "shutdown,userrequested"}, dump.Reboot{Kind: dump.RebootPlanned, Word: "shutdown,userrequested"}},
		{"Android 10, Xiaomi Redmi 8A", [4]string{"shutdown,battery", "shutdown,battery", "", "shutdown,battery"}, dump.Reboot{Kind: dump.RebootPowerOn, Word: "shutdown,battery"}},
		{"Android 12, Xiaomi Redmi Note", [4]string{"reboot", "reboot", "", "reboot"}, dump.Reboot{Kind: dump.RebootPlanned, Word: "reboot"}},
		{"Android 13, Xiaomi Redmi 10", [4]string{"cold,rtc", "shutdown,powercenter,timed_shutdown", "", "rtc"}, dump.Reboot{Kind: dump.RebootPowerOn, Word: "cold,rtc"}},
		{"Android 15, Google Pixel 6", [4]string{"shutdown,battery", "shutdown,battery", "", "reboot,uvlo,pmic,if"}, dump.Reboot{Kind: dump.RebootPowerOn, Word: "shutdown,battery"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, dump.BootReason(row.words[:]...))
		})
	}
}

func TestBootReason(t *testing.T) {
	for kind, words := range map[string][]string{
		dump.RebootPlanned: {
			"reboot", "reboot,", "reboot,userrequested", "reboot,ota", "reboot,ota,20260101", "reboot,adb", "reboot,shell", "reboot,factory_reset",
			"reboot,userrequested,recovery,ui", "shutdown", "shutdown,userrequested,fastboot", "bootloader", "recovery", "recovery,quiescent",
			"reboot,recovery", "reboot,periodic,weekly", "reboot,deviceowner", "shutdown,powercenter,timed_shutdown", "tool_by_pass_pwk",
		},
		dump.RebootPowerOn: {
			"cold", "cold,powerkey", "cold,charger", "cold,rtc", "power_key", "Power_Key", "power_on_key", "usb", "charger", "rtc", "power-on", "kpdpwr",
			"shutdown,battery", "shutdown,charger,low-battery", "reboot,rtc",
		},
		dump.RebootUnplanned: {
			"kernel_panic", "kernel_panic,null", "kernel_panic,sysrq,livelock,driver", "Panic", "watchdog", "watchdog,apc,bl,early", "wdog_bite", "wdt", "reboot,wdt",
			"wdt_hw", "pmic_watchdog", "thermal-shutdown", "thermal_shutdown", "shutdown,thermal", "shutdown,thermal,battery", "reboot,thermal,tj",
			"uvlo", "reboot,uvlo,pmic,main", "reboot,undervoltage", "reboot,powerloss", "smpl", "reboot,ocp,pmic,if", "reboot,tsd,pmic,sub",
			"reboot,smpl_timeout,pmic,main", "reboot,pmic_off_fault,uv", "hard,hw_reset", "hardware_reset", "reboot,rescueparty",
			"reboot,userspace_failed,watchdog_fork", "reboot,mount_userdata_failed",
		},
		"": {
			"", "0", "unknown", "reboot,unknown7", "wdt_by_pass_pwk", "reboot,wdt_by_pass_pwk", "2sec_reboot", "cold,rtc,2sec", "hard", "hard_reset", "warm", "warm,s3_wakeup",
			"reboot,longkey", "reboot,longkey,pmic_cold", "reboot_longkey", "reboot,by_key", "reboot,whatever_the_vendor_says", "shutdown,whatever", "normal",
			"srto: kernel panic", "reboot,Its Just So Hard", "panic\x00", "coldest", strings.Repeat("a", 65),
		},
	} {
		for _, word := range words {
			assert.Equal(t, kind, dump.BootReason(word).Kind, word)
		}
	}
}

func TestBootReasonOfSeveralWords(t *testing.T) {
	for _, row := range []struct {
		name  string
		words []string
		want  dump.Reboot
	}{
		{"none", nil, dump.Reboot{}},
		{"the first that is known", []string{"", "0", "kernel_panic"}, dump.Reboot{Kind: dump.RebootUnplanned, Word: "kernel_panic"}},
		{"a known word without a meaning ends the search", []string{"reboot,longkey", "", "", "watchdog"}, dump.Reboot{Word: "reboot,longkey"}},
		{"a word of who asked ends the search", []string{"reboot,store_update", "", "", "watchdog"}, dump.Reboot{Word: "reboot,store_update"}},
		{"reboot alone, while the boot loader tells of a fault", []string{"reboot", "reboot", "", "wdog_bite"}, dump.Reboot{Word: "reboot"}},
		{"upper case and a comma left over", []string{"Reboot,UserRequested,"}, dump.Reboot{Kind: dump.RebootPlanned, Word: "reboot,userrequested"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, dump.BootReason(row.words...))
		})
	}
}

func FuzzBootReason(f *testing.F) {
	f.Add("reboot,uvlo,pmic,if", "0", "kernel_panic")
	f.Add("", "cold,rtc", "wdt_by_pass_pwk")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		got := dump.BootReason(a, b, c)
		switch got.Kind {
		case "", dump.RebootPlanned, dump.RebootPowerOn, dump.RebootUnplanned:
		default:
			t.Errorf("impossible: %+v", got)
		}
		if len(got.Word) > 64 || got.Kind != "" && got.Word == "" || strings.ToLower(got.Word) != got.Word {
			t.Errorf("impossible: %+v", got)
		}
	})
}
