package wire

import _ "embed" // the dictionaries

// newest is the dictionary that Pack uses. Readers are brought up to date before writers.
const newest = 1

// dictionary1 is of November 2026: what the messages of that time are made of, the most frequent last, where deflate reaches it
// with the fewest bits.
//
//go:embed dictionary-1.txt
var dictionary1 string

// dictionary is the preset dictionary of an id, nil for one that this reader does not have. One once published never changes and
// never goes: messages packed with it lie in spools and stores. A better one takes the next id, 15 at most.
func dictionary(id int) []byte {
	switch id {
	case 1:
		return []byte(dictionary1)
	}
	return nil
}
