package dump

import "strings"

// Kinds of a boot.
const (
	RebootPlanned   = "planned"   // somebody, or the system for its own purposes, asked for it
	RebootPowerOn   = "power-on"  // it was off, and was switched on: by key, charger or clock; also after its battery ran flat
	RebootUnplanned = "unplanned" // it went down by itself: a panic, a watchdog, heat, a dip of its supply
)

// Reboot says why the terminal booted last.
type Reboot struct {
	Kind string `json:"kind,omitempty"` // one of the kinds above; "" unknown
	Word string `json:"word,omitempty"` // the word that tells it, in lower case, of at most 64 bytes: "kernel_panic,sysrq"
}

// BootReason reads what a terminal says of its last boot: the values of sys.boot.reason, sys.boot.reason.last,
// persist.sys.boot.reason and ro.boot.bootreason, in this order, empty ones for those that are not there. The first that
// is known answers: Android (8 and later) has made sys.boot.reason of all the others already, while the boot loader's own
// word is a vendor's.
//
// An unplanned reboot is a finding, so that a word with two meanings has none: Kind is "" then, and Word the word. That is
// so of:
//
//   - "wdt_by_pass_pwk": MediaTek's way to restart is to let the watchdog bite; an ordinary restart and a hang look alike;
//   - "hard", "hard_reset", "warm": what Qualcomm's power chip does in an ordinary restart too;
//   - "reboot,longkey" and other restarts by a long press on the power key: a hand did it, whether because the terminal
//     hung or from habit cannot be told;
//   - "2sec_reboot": power was away for less than two seconds: a loose battery, or a key pressed twice;
//   - "reboot," or "shutdown," and a word that is not in the table: whoever asked for it chose the word;
//   - "reboot" alone, Android's word for a restart of which it knows no more, while another word tells of a fault.
func BootReason(words ...string) Reboot {
	for i, word := range words {
		word = bootWord(word)
		kind, known := bootKind(word)
		if !known {
			continue
		}
		if word == "reboot" {
			for _, other := range words[i+1:] {
				if other, _ := bootKind(bootWord(other)); other == RebootUnplanned {
					kind = ""
				}
			}
		}
		return Reboot{Kind: kind, Word: word}
	}
	return Reboot{}
}

// bootWord is a word as the table has it; "" for what is no reason.
func bootWord(word string) string {
	word = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(word), ","))
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789_,.:-") != "" || len(word) > 64 {
		return ""
	}
	return word
}

// bootKind looks a word up: whole, then by its beginning up to a comma, then as the vendor's word before which Android put
// "reboot,".
func bootKind(word string) (kind string, known bool) {
	for rest := word; rest != ""; {
		if kind, known = bootTable(rest); known {
			return kind, true
		}
		cut := strings.LastIndexByte(rest, ',')
		if cut < 0 {
			break
		}
		rest = rest[:cut]
		if rest == "reboot" || rest == "shutdown" { // who asked is all that tells
			break
		}
	}
	if vendor, ok := strings.CutPrefix(word, "reboot,"); ok {
		kind, _ = bootKind(vendor)
		return kind, true
	}
	return "", strings.HasPrefix(word, "shutdown,")
}

// bootTable is Android's own list of reasons (bootstat), and the vendors' words in it. A word stands for itself and for all
// that follows it behind a comma.
func bootTable(word string) (kind string, known bool) {
	switch word {
	case "reboot", "shutdown", "recovery", "bootloader", "fastboot",
		"reboot,userrequested", "reboot,shell", "reboot,adb", "reboot,ota", "reboot,recovery", "reboot,bootloader", "reboot,fastboot",
		"reboot,factory_reset", "reboot,factory", "reboot,quiescent", "reboot,periodic", "reboot,scheduled", "reboot,safemode",
		"reboot,unattended", "reboot,deviceowner", "reboot,forcedsilent", "reboot,forcednonsilent", "reboot,cold", "reboot,warm",
		"reboot,rom_recovery", "reboot,keys_clear", "reboot,tool", "tool_by_pass_pwk", "reboot_normal", "reboot_fastboot_mode",
		"reboot_recovery_mode", "reboot_download",
		"shutdown,userrequested", "shutdown,container", "shutdown,powercenter":
		return RebootPlanned, true

	case "cold", "cold_boot", "powerkey", "power_key", "power_key_press", "power_on_key", "power_on", "power-on", "kpdpwr",
		"oem_powerkey", "pon1", "oem_pon1", "usb", "usb_chg", "charger", "charge", "wireless_charger", "power_on_usb",
		"power_on_cable", "factory_cable", "cblpwr", "dc_chg", "rtc", "reboot_rtc", "reboot,rtc",
		"shutdown,battery", "shutdown,charger", "shutdown,suspend", "shutdown,hibernate":
		return RebootPowerOn, true

	case "kernel_panic", "panic", "oem_crash_on_the_lk", "oem_tz_crash", "abnormal_reset", "xpu_err", "oem_xpu_ns_error",
		"mba_err", "oem_sdi_err_fatal", "oem_rpm_undef_error", "oem_adsp_resetting_the_soc", "oem_modem_timeout_waiting",
		"watchdog", "watchdogr", "wdog_bark", "wdog_bite", "wdog_reset", "wdt", "wdt_sw", "wdt_hw", "pmic_watchdog",
		"watchdog_apps_bite", "watchdog_apps_bark", "watchdog_rpm", "watchdog_rpm_bite", "watchdog_nonsec", "watchdog_sdi_apps_reset",
		"thermal_shutdown", "thermal-shutdown", "shutdown,thermal", "thermal", "oem_thermal_bite_reset",
		"uvlo", "undervoltage", "powerloss", "smpl", "reboot_smpl", "smpl_timeout", "ocp", "ocp2", "tsd", "brownout", "brown_out",
		"pmic_off_fault", "hardware_reset", "hard,hw_reset",
		"reboot,rescueparty", "reboot,userspace_failed", "reboot,mount_userdata_failed", "reboot,boringssl-self-check-failed",
		"reboot,dm-verity_device_corrupted", "reboot_dmverity_corrupted", "reboot,emergency", "reboot,memory_protect":
		return RebootUnplanned, true

	case "wdt_by_pass_pwk", "2sec_reboot", "cold,rtc,2sec", "reboot,2sec", "2sec", "reboot,longkey", "reboot_longkey", "longkey",
		"reboot,by_key", "reboot_by_key", "reboot_by_powerkey", "hard", "hard_reset", "hard_rst", "warm", "s3_wakeup", "unknown",
		"reboot,unknown", "reboot_unknown", "oem_ps_hold", "oem_unknown_reset", "oemerr_unknown", "software_master":
		return "", true
	}
	return "", false
}
