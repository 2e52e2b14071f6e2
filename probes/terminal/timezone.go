package terminal

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxZone bounds a time zone's name in bytes: the index of Android's file holds no longer one.
const maxZone = tzName

// Location finds what a time zone's name means: in the terminal's own data (the newest of an update, an APEX or the
// system), in a Linux's /usr/share/zoneinfo, or else in a short table of zones that keep one offset all year. It never
// guesses: a zone that it cannot find, or whose data are damaged, is an error.
func (t *Terminal) Location(zone string) (*time.Location, error) {
	if !zoneName(zone) {
		return nil, fmt.Errorf("%.60q is no name of a time zone", zone)
	}
	if zone == "UTC" || zone == "GMT" {
		return time.UTC, nil
	}
	var failed []error
	for _, path := range []string{
		"/data/misc/zoneinfo/current/tzdata",     // an update by app, Android 8.1 to 14
		"/apex/com.android.tzdata/etc/tz/tzdata", // 10 and later
		"/system/usr/share/zoneinfo/tzdata",      // all
	} {
		data, err := t.zoneOf(path, zone)
		if err == nil {
			var found *time.Location
			if found, err = time.LoadLocationFromTZData(zone, data); err == nil {
				return found, nil
			}
			err = &Error{What: path, Reason: malformed, Err: err}
		}
		if ReasonOf(err) != absent && !errors.Is(err, errNoZone) {
			failed = append(failed, err)
		}
	}
	const linux = "/usr/share/zoneinfo/"
	if data, err := t.Head(linux+zone, maxTZZone); err == nil {
		if found, err := time.LoadLocationFromTZData(zone, data); err == nil {
			return found, nil
		}
	}
	if offset, ok := steadyZone(zone); ok {
		return time.FixedZone(abbreviation(offset), int(offset/time.Second)), nil
	}
	if len(failed) > 0 {
		return nil, errors.Join(failed...)
	}
	return nil, fmt.Errorf("no time zone data for %s on this terminal", zone)
}

// zoneName keeps names from leading out of a folder.
func zoneName(zone string) bool {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/:"
	return zone != "" && len(zone) < maxZone && strings.Trim(zone, allowed) == "" && zone[0] != '/'
}

// steadyZone is the offset of a zone that keeps one all year, without daylight saving, where no data say
// more. Android's own form "GMT+08:00" is one too.
func steadyZone(zone string) (time.Duration, bool) {
	if offset, ok := strings.CutPrefix(zone, "GMT"); ok {
		return gmtOffset(offset)
	}
	offset, ok := steadyZones()[zone]
	return offset, ok
}

func steadyZones() map[string]time.Duration {
	const hour, quarter = time.Hour, 15 * time.Minute
	return map[string]time.Duration{
		"Africa/Abidjan": 0, "Africa/Accra": 0, "Africa/Algiers": hour, "Africa/Dar_es_Salaam": 3 * hour,
		"Africa/Johannesburg": 2 * hour, "Africa/Kampala": 3 * hour, "Africa/Kinshasa": hour, "Africa/Lagos": hour,
		"Africa/Lusaka": 2 * hour, "Africa/Maputo": 2 * hour, "Africa/Nairobi": 3 * hour, "Africa/Tunis": hour,
		"America/Argentina/Buenos_Aires": -3 * hour, "America/Bogota": -5 * hour, "America/Caracas": -4 * hour,
		"America/Guatemala": -6 * hour, "America/Guayaquil": -5 * hour, "America/La_Paz": -4 * hour,
		"America/Lima": -5 * hour, "America/Panama": -5 * hour, "America/Sao_Paulo": -3 * hour,
		"Asia/Bangkok": 7 * hour, "Asia/Brunei": 8 * hour, "Asia/Calcutta": 22 * quarter, "Asia/Chongqing": 8 * hour,
		"Asia/Colombo": 22 * quarter, "Asia/Dhaka": 6 * hour, "Asia/Dubai": 4 * hour, "Asia/Harbin": 8 * hour,
		"Asia/Ho_Chi_Minh": 7 * hour, "Asia/Hong_Kong": 8 * hour, "Asia/Jakarta": 7 * hour, "Asia/Karachi": 5 * hour,
		"Asia/Kathmandu": 23 * quarter, "Asia/Kolkata": 22 * quarter, "Asia/Kuala_Lumpur": 8 * hour,
		"Asia/Kuwait": 3 * hour, "Asia/Macau": 8 * hour, "Asia/Makassar": 8 * hour, "Asia/Manila": 8 * hour,
		"Asia/Muscat": 4 * hour, "Asia/Phnom_Penh": 7 * hour, "Asia/Qatar": 3 * hour, "Asia/Riyadh": 3 * hour,
		"Asia/Saigon": 7 * hour, "Asia/Seoul": 9 * hour, "Asia/Shanghai": 8 * hour, "Asia/Singapore": 8 * hour,
		"Asia/Taipei": 8 * hour, "Asia/Tashkent": 5 * hour, "Asia/Tokyo": 9 * hour, "Asia/Ulaanbaatar": 8 * hour,
		"Asia/Urumqi": 6 * hour, "Asia/Vientiane": 7 * hour, "Asia/Yangon": 26 * quarter,
		"Australia/Brisbane": 10 * hour, "Europe/Istanbul": 3 * hour, "Europe/Moscow": 3 * hour,
		"Pacific/Port_Moresby": 10 * hour, "PRC": 8 * hour, "Etc/UTC": 0, "Etc/GMT": 0,
	}
}

// gmtOffset reads "+08:00", "-3" and the like, up to 14 hours.
func gmtOffset(s string) (time.Duration, bool) {
	if len(s) < 2 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, m, minutes := strings.Cut(s[1:], ":")
	hours, err := strconv.ParseUint(h, 10, 8)
	if err != nil || len(h) > 2 || hours > 14 {
		return 0, false
	}
	offset := time.Duration(hours) * time.Hour
	if minutes {
		n, err := strconv.ParseUint(m, 10, 8)
		if err != nil || len(m) != 2 || n > 59 {
			return 0, false
		}
		offset += time.Duration(n) * time.Minute
	}
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// abbreviation is what a fixed zone is called where a time is printed with one: "+08", "+0530".
func abbreviation(offset time.Duration) string {
	return strings.TrimSuffix(time.Unix(0, 0).In(time.FixedZone("", int(offset/time.Second))).Format("-0700"), "00")
}
