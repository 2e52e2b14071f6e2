package status

import (
	"fmt"
	"strings"

	"rsc.io/qr/coding"
)

// QR is a QR code: a square of modules, dark or light, with the quiet zone that scanners need around it.
type QR struct {
	code *coding.Code
	// Size is how many modules a side has, quiet zone included.
	Size int
}

// quiet is the width of the quiet zone in modules: ISO/IEC 18004, 6.3.8.
const quiet = 4

// EncodeQR makes the smallest code that holds text, of at most 2,953 bytes, at level L: a screen neither tears nor stains, and the
// larger the modules, the farther off a phone reads them. The mask is always the first: decoders read any.
func EncodeQR(text string) (QR, error) {
	bytes := coding.String(text)
	for v := coding.Version(coding.MinVersion); v <= coding.MaxVersion; v++ {
		if bytes.Bits(v) > v.DataBytes(coding.L)*8 {
			continue
		}
		plan, err := coding.NewPlan(v, coding.L, 0)
		if err != nil {
			return QR{}, fmt.Errorf("no QR code of version %d: %w", v, err)
		}
		code, err := plan.Encode(bytes)
		if err != nil {
			return QR{}, fmt.Errorf("no QR code of %d bytes: %w", len(text), err)
		}
		return QR{code: code, Size: code.Size + 2*quiet}, nil
	}
	return QR{}, fmt.Errorf("no QR code holds %d bytes: 2953 at most", len(text))
}

// Dark tells whether the module in column x of row y is dark.
func (q QR) Dark(x, y int) bool { return q.code.Black(x-quiet, y-quiet) }

// SVG draws it, one unit a module, dark on light whatever the page's colours.
func (q QR) SVG() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, q.Size, q.Size, q.Size, q.Size)
	for y := range q.Size {
		for x := 0; x < q.Size; x++ {
			begin := x
			for x < q.Size && q.Dark(x, y) {
				x++
			}
			if x > begin {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", begin, y, x-begin, x-begin)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String()
}

// Blocks draws it in text, two rows a line, in 8-bit characters that every UTF-8 terminal has. lit says that what is printed shines on
// a dark ground, so that the light modules are what is printed.
func (q QR) Blocks(lit bool) string {
	var b strings.Builder
	for y := 0; y < q.Size; y += 2 {
		for x := range q.Size {
			upper, lower := q.Dark(x, y) != lit, q.Dark(x, y+1) != lit
			if y+1 == q.Size {
				lower = false
			}
			switch {
			case upper && lower:
				b.WriteString("█")
			case upper:
				b.WriteString("▀")
			case lower:
				b.WriteString("▄")
			default:
				b.WriteString(" ")
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
