package wire

// Dictionary is a preset dictionary, for tests that pack by hand.
func Dictionary(id int) []byte { return dictionary(id) }
