package iso8583_test

import (
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/iso8583"
)

// unionpay is what an acquirer could have assigned; the numbers are invented.
var unionpay = iso8583.Format{
	Dialect: iso8583.UnionPay, TPDU: "6000030000", Header: "603100311208", TerminalID: "12345678", MerchantID: "898310058120001",
}

var generic = iso8583.Format{Dialect: iso8583.Generic}

// noon is a moment in the middle of a year, in China.
var noon = time.Date(2026, 7, 14, 12, 0, 0, 0, time.FixedZone("CST", 8*60*60))

func echo(t testing.TB, f iso8583.Format) iso8583.Echo {
	t.Helper()
	e, err := f.Echo(123, "000001", noon)
	require.NoError(t, err)
	return e
}

// TestEchoBytes holds the bytes of both echoes, and that the reference shows them.
func TestEchoBytes(t *testing.T) {
	bare := unionpay
	bare.TerminalID, bare.MerchantID, bare.Fields.NoTrace = "", "", true
	left := unionpay
	left.Fields = iso8583.Fields{NoTrace: true, NoTerminal: true, NoMerchant: true}
	numbered := unionpay
	numbered.Dialect, numbered.TPDU = iso8583.Generic, "not looked at"
	page, err := os.ReadFile("../../docs/reference/iso8583.md")
	require.NoError(t, err)
	for _, row := range []struct {
		name   string
		format iso8583.Format
		want   string
	}{
		{"generic, with numbers that it does not send", numbered, "0027 30383030 8220000000000000 0400000000000000 30373134303430303030 303030313233 333031"},
		{"generic", generic, "0027 30383030 8220000000000000 0400000000000000 30373134303430303030 303030313233 333031"},
		{"unionpay", unionpay, "0037 6000030000 603100311208 0820 0020000000c00010 000123 3132333435363738 383938333130303538313230303031 0011 000000013010"},
		{"unionpay, field 60 alone", bare, "001d 6000030000 603100311208 0820 0000000000000010 0011 000000013010"},
		{"unionpay, all others left out", left, "001d 6000030000 603100311208 0820 0000000000000010 0011 000000013010"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := hex.EncodeToString(echo(t, row.format).Bytes())
			assert.Equal(t, strings.ReplaceAll(row.want, " ", ""), got)
			if !strings.Contains(row.name, ",") {
				assert.Contains(t, string(page), row.want, "docs/reference/iso8583.md")
			}
		})
	}
}

func TestFormatsThatAreRefused(t *testing.T) {
	with := func(change func(*iso8583.Format)) iso8583.Format {
		f := unionpay
		change(&f)
		return f
	}
	for _, row := range []struct {
		name   string
		format iso8583.Format
		want   string
	}{
		{"no dialect", iso8583.Format{}, `dialect "": want generic or unionpay`},
		{"another dialect", iso8583.Format{Dialect: "visa"}, `dialect "visa": want generic or unionpay`},
		{"no TPDU", with(func(f *iso8583.Format) { f.TPDU = "" }), `TPDU "": want 10 digits that begin with 60`},
		{"a TPDU that is a sale to a host that wants none", with(func(f *iso8583.Format) { f.TPDU = "0200702406" }), `TPDU "0200702406": want 10 digits that begin with 60`},
		{"the same in ASCII", with(func(f *iso8583.Format) { f.TPDU = "3032303030" }), `TPDU "3032303030": want 10 digits that begin with 60`},
		{"a header that is a sign-on to a host that wants none", with(func(f *iso8583.Format) { f.Header = "080000200000" }), `header "080000200000": want 12 digits that begin with 6`},
		{"a header in hex", with(func(f *iso8583.Format) { f.Header = "60310031120f" }), `header "60310031120f": want 12 digits that begin with 6`},
		{"a short terminal", with(func(f *iso8583.Format) { f.TerminalID = "1234567" }), `terminal "1234567": want 8 letters and digits`},
		{"a terminal of 8 characters and more bytes", with(func(f *iso8583.Format) { f.TerminalID = "1234567ü" }), `terminal "1234567ü": want 8 letters and digits`},
		{"a terminal with a control character", with(func(f *iso8583.Format) { f.TerminalID = "1234567\x00" }), `terminal "1234567\x00": want 8 letters and digits`},
		{"a long merchant", with(func(f *iso8583.Format) { f.MerchantID = "8983100581200010" }), `merchant "8983100581200010": want 15 letters and digits`},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.EqualError(t, row.format.Check(), row.want)
			e, err := row.format.Echo(1, "", noon)
			assert.EqualError(t, err, row.want)
			assert.Empty(t, e.Bytes())
		})
	}
	for _, trace := range []uint32{0, 1_000_000, math.MaxUint32} {
		_, err := unionpay.Echo(trace, "", noon)
		assert.EqualError(t, err, fmt.Sprintf("trace number %d: want 1 to 999999", trace))
	}
	for _, batch := range []string{"1", "00000a", "0000001", "00000１"} {
		_, err := unionpay.Echo(1, batch, noon)
		assert.ErrorContains(t, err, "want 6 digits")
	}
}

// onlyAnEcho says what of a frame is not an echo of this dialect, or "".
func onlyAnEcho(dialect iso8583.Dialect, frame []byte) string {
	if dialect == iso8583.Generic {
		p, err := parseGeneric(frame)
		if err != nil || p.mti != "0800" || p.fields[70] != "301" || len(p.fields) != 4 {
			return fmt.Sprintf("%+v, %v", p, err)
		}
		return ""
	}
	p, err := parseUnionPay(frame)
	if err != nil || p.mti != "0820" || !regexp.MustCompile(`^00[0-9]{6}3010$`).MatchString(p.fields[60]) {
		return fmt.Sprintf("%+v, %v", p, err)
	}
	for field, pattern := range map[int]string{11: `^[0-9]{6}$`, 41: `^[0-9A-Za-z]{8}$`, 42: `^[0-9A-Za-z]{15}$`} {
		if value, ok := p.fields[field]; ok && !regexp.MustCompile(pattern).MatchString(value) {
			return fmt.Sprintf("field %d is %q", field, value)
		}
	}
	return ""
}

// misread says as what other message a frame could be taken by a host that speaks another dialect, or expects no TPDU or
// no header before the message; "" for none.
func misread(frame []byte) string {
	message := regexp.MustCompile(`^[012][1-8][0-9]{2}$`)
	for _, at := range []int{0, 2, 2 + 5} {
		if len(frame) < at+4 {
			continue
		}
		for _, mti := range []string{hex.EncodeToString(frame[at : at+2]), string(frame[at : at+4])} {
			if message.MatchString(mti) && mti != "0800" {
				return mti
			}
			if mti == "0800" && onlyAnEcho(iso8583.Generic, frame) != "" {
				return mti
			}
		}
	}
	return ""
}

// FuzzNothingButEchoes: whatever is put into what yields bytes, the bytes are an echo, or there are none.
func FuzzNothingButEchoes(f *testing.F) {
	f.Add("generic", "", "", "", "", byte(0), uint32(1), "", int64(0))
	f.Add("unionpay", "6000030000", "603100311208", "12345678", "898310058120001", byte(0), uint32(123), "000001", int64(1763888400))
	f.Add("unionpay", "6002000000", "600200702406", "02000000", "000000000000301", byte(7), uint32(800), "003003", int64(-1))
	f.Add("unionpay", "0200702406", "080000200000", "\x02\x00\x00\x00\x00\x00\x00\x00", "", byte(1), uint32(999_999), "000003", int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, dialect, tpdu, header, terminal, merchant string, fields byte, trace uint32, batch string, at int64) {
		format := iso8583.Format{
			Dialect: iso8583.Dialect(dialect), TPDU: tpdu, Header: header, TerminalID: terminal, MerchantID: merchant,
			Fields: iso8583.Fields{NoTrace: fields&1 != 0, NoTerminal: fields&2 != 0, NoMerchant: fields&4 != 0},
		}
		e, err := format.Echo(trace, batch, time.Unix(at, 0))
		if err != nil {
			if len(e.Bytes()) > 0 {
				t.Fatalf("an error and bytes: %x", e.Bytes())
			}
			return
		}
		if fault := onlyAnEcho(format.Dialect, e.Bytes()); fault != "" {
			t.Fatalf("%x is no echo: %s", e.Bytes(), fault)
		}
		if other := misread(e.Bytes()); other != "" {
			t.Fatalf("%x could be taken for %s", e.Bytes(), other)
		}
		// What was handed out is a copy: nobody changes what is sent.
		before := e.Bytes()
		clear(e.Bytes())
		if string(before) != string(e.Bytes()) {
			t.Fatal("the bytes of an echo can be changed from outside")
		}
	})
}
