package visit

import (
	"github.com/poshealth/poshealth/transport/wire"
)

// Bounds that tests count up to.
const (
	MostVisits = mostVisits
	MostBytes  = mostBytes
	Aside      = aside
)

// Encode is the file of some visits, and how many of them are in it.
func Encode(all []wire.VisitRecord) (file string, kept int, err error) {
	book := make([]entry, len(all))
	for i, v := range all {
		book[i] = entry{VisitRecord: v, Told: v.State}
	}
	file, book, err = encode(book)
	return file, len(book), err
}

// Decode reads a file.
func Decode(raw []byte) ([]wire.VisitRecord, error) {
	book, err := decode(raw)
	var all []wire.VisitRecord
	for _, e := range book {
		all = append(all, e.VisitRecord)
	}
	return all, err
}

// Reencode is the file of what a file holds.
func Reencode(raw []byte) (string, error) {
	book, err := decode(raw)
	if err != nil {
		return "", err
	}
	file, _, err := encode(book)
	return file, err
}
