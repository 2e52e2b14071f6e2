package iso8583

import (
	"fmt"
	"time"
)

// hostTimeCentre: a host's time has whole seconds, so that on average it is half a second later than it says.
const hostTimeCentre = 500 * time.Millisecond

// ClockOffset is how far the local clock is ahead of the host's: local less host. The host's "MMDDhhmmss", local time in
// zone, has no year, so the nearest is taken: half a year is the most that can be told. It is right to half a second at
// best, and to how far local differs from the moment at which the host wrote its time. False means that hostTime is no
// date.
func ClockOffset(hostTime string, local time.Time, zone *time.Location) (time.Duration, bool) {
	if !digits(hostTime, 10) {
		return 0, false
	}
	best, found := time.Duration(0), false
	year := local.In(zone).Year()
	for _, y := range []int{year - 1, year, year + 1} {
		if y < 0 || y > 9999 {
			continue
		}
		host, err := time.ParseInLocation("20060102150405", fmt.Sprintf("%04d%s", y, hostTime), zone)
		if err != nil {
			continue // 29 February is not in every year
		}
		if offset := local.Sub(host.Add(hostTimeCentre)); !found || offset.Abs() < best.Abs() {
			best, found = offset, true
		}
	}
	return best, found
}
