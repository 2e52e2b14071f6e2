package host

import "github.com/poshealth/poshealth/probes/dial"

// ParseHead is for tests to read heads without a connection.
func ParseHead(b []byte) (status int, date int64, whole bool, err error) {
	got, whole, err := dial.ParseHead(b)
	if !got.Date.IsZero() {
		date = got.Date.Unix()
	}
	return got.Status, date, whole, err
}
