package cli

import (
	"strings"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/transport/wire"
)

// card is the support card as text, and below it as a QR code for a phone. With colour it is dark on light whatever the terminal's own
// colours are; without, what is printed is taken to shine on a dark ground, as consoles do.
func card(s wire.Snapshot, st style) (string, error) {
	text := status.Support(s)
	q, err := status.EncodeQR(text)
	if err != nil {
		return "", err
	}
	blocks := q.Blocks(true)
	if st.colour {
		blocks = "\x1b[30;107m" + strings.ReplaceAll(strings.TrimSuffix(q.Blocks(false), "\n"), "\n", "\x1b[0m\n\x1b[30;107m") + "\x1b[0m\n"
	}
	return text + "\n" + blocks, nil
}
