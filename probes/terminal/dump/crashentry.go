package dump

import "iter"

// ParseDropboxEntry reads the head of one entry of the drop box, as its file holds it, of which tag is the kind. ok is false
// where the entry is no crash, or does not say whose.
func ParseDropboxEntry(tag string, lines iter.Seq[string]) (c Crash, ok bool) {
	c = Crash{Kind: crashKind(tag), Tag: tag}
	if c.Kind == "" {
		return Crash{}, false
	}
	body := crashBody{head: true}
	read := 0
	for line := range lines {
		body.line(&c, line)
		if read++; read == 2*maxBody || !body.head && !body.native {
			break
		}
	}
	return c, c.Process != "" || c.Package != ""
}
