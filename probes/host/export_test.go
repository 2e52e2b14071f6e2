package host

// ParseHead is for tests to read heads without a connection.
func ParseHead(b []byte) (status int, date int64, whole bool, err error) {
	got, whole, err := parseHead(b)
	if !got.date.IsZero() {
		date = got.date.Unix()
	}
	return got.status, date, whole, err
}
