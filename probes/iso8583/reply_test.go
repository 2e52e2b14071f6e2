package iso8583_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/iso8583"
	"github.com/poshealth/poshealth/probes/response"
)

// bytesOf reads hex in which spaces separate fields, and "text" in quotes is itself.
func bytesOf(t testing.TB, s string) []byte {
	t.Helper()
	var b []byte
	for word := range strings.FieldsSeq(s) {
		if text, ok := strings.CutPrefix(word, `"`); ok {
			b = append(b, strings.TrimSuffix(text, `"`)...)
			continue
		}
		raw, err := hex.DecodeString(word)
		require.NoError(t, err, s)
		b = append(b, raw...)
	}
	return b
}

// Replies to the echoes of these tests, without their length. The numbers are invented; the layout is that of a host whose
// reply has all the fields that UnionPay's reply to a sign-on has, keys (field 62) among them in the second.
const (
	unionpayReply = `6000000003 603103311208 0830 0038 00010ac00010 000123 120001 0714 08 00010000 "071412345678" "%s" "12345678" "898310058120001" 0011 000000013010`
	unionpayLong  = `6000000003 603103311208 0830 0038 00010ac10016 000123 120001 0714 08 00010000 "071412345678" "%s" "12345678" "898310058120001" 0004 3132 0011 000000013010 0024 "0123456789abcdef01234567" 0003 "001"`
	unionpaySign  = `6000000003 603100031208 0810 0038 00010ac00014 000123 120001 0714 08 00010000 "071412345678" "%s" "12345678" "898310058120001" 0011 000000010030 0024 "0123456789abcdef01234567"`
	genericReply  = `"0810" 8220000002000000 0400000000000000 "0714040000" "000123" "%s" "301"`
	genericLong   = `"0810" 823800010ac10000 0400000000000001 "0714040000" "000123" "120001" "0714" "0800010000" "071412345678" "%s" "12345678" "898310058120001" "004abcd" "301" 0102030405060708`
)

func TestReplies(t *testing.T) {
	reply := func(code, hostTime string, request int) iso8583.Reply {
		return iso8583.Reply{Code: code, HostTime: hostTime, Request: request}
	}
	untraced := unionpay
	untraced.Fields = iso8583.Fields{NoTrace: true, NoTerminal: true, NoMerchant: true}
	for _, row := range []struct {
		name   string
		format iso8583.Format
		frame  string
		want   iso8583.Reply
		err    string
	}{
		{"unionpay", unionpay, fmt.Sprintf(unionpayReply, "00"), reply("00", "0714120001", 3), ""},
		{"unionpay, refused", unionpay, fmt.Sprintf(unionpayReply, "A0"), reply("A0", "0714120001", 3), ""},
		{"unionpay, more than it must", unionpay, fmt.Sprintf(unionpayLong, "00"), reply("00", "0714120001", 3), ""},
		{"unionpay, nothing to compare with", untraced, fmt.Sprintf(unionpayReply, "00"), reply("00", "0714120001", 3), ""},
		{"unionpay, as little as may be", unionpay, `6000000003 603100001208 0830 0000 000002000000 "00"`, reply("00", "", 0), ""},
		{"unionpay, a private field that we cannot read behind ours", unionpay, `6000000003 603100001208 0830 0020 000002800004 000123 "00" "12345678" 0999 00`, reply("00", "", 0), ""},
		{"unionpay, field 60 in a host's own way", unionpay, `6000000003 603100001208 0830 0020 000002800010 000123 "00" "12345678" "01100000001301"`, reply("00", "", 0), ""},
		{"generic", generic, fmt.Sprintf(genericReply, "00"), reply("00", "", -1), ""},
		{"generic, more than it must", generic, fmt.Sprintf(genericLong, "91"), reply("91", "0714120001", -1), ""},
		{"generic, a date that is none", generic, `"0810" 0038000002000000 "000123" "999999" "0000" "00"`, reply("00", "0000999999", -1), ""},
		{"generic, a time without its date", generic, `"0810" 0030000002000000 "000123" "120001" "00"`, reply("00", "", -1), ""},

		{"nothing", generic, ``, iso8583.Reply{}, "it ends before its message type"},
		{"a header alone", unionpay, `6000000003 603100001208`, iso8583.Reply{}, "it ends before its message type"},
		{"our own echo", unionpay, `6000030000 603100311208 0820 0020000000c00010 000123 "12345678" "898310058120001" 0011 000000013010`, iso8583.Reply{}, "its message type is 0820, want 0830"},
		{"the reply to a sign-on, with keys", unionpay, fmt.Sprintf(unionpaySign, "00"), iso8583.Reply{}, "its message type is 0810, want 0830"},
		{"the reply to a sign-off", unionpay, strings.Replace(fmt.Sprintf(unionpayReply, "00"), "000000013010", "000000010020", 1), iso8583.Reply{}, "field 60 is not what was sent: it answers another message"},
		{"another trace number", unionpay, strings.Replace(fmt.Sprintf(unionpayReply, "00"), "000123", "000124", 1), iso8583.Reply{}, "field 11 is not what was sent: it answers another message"},
		{"another terminal", unionpay, strings.Replace(fmt.Sprintf(unionpayReply, "00"), `"12345678" "`, `"12345679" "`, 1), iso8583.Reply{}, "field 41 is not what was sent: it answers another message"},
		{"another function", generic, strings.Replace(fmt.Sprintf(genericReply, "00"), `"301"`, `"001"`, 1), iso8583.Reply{}, "field 70 is not what was sent: it answers another message"},
		{"a host without TPDU", unionpay, `0830 0020000002c00010 000123 "00" "12345678" "898310058120001" 0011 000000013010`, iso8583.Reply{}, "it is no message of network management, want 0830"},
		{"generic where UnionPay was asked", unionpay, fmt.Sprintf(genericReply, "00"), iso8583.Reply{}, "it is no message of network management, want 0830"},
		{"a web server", generic, `"HTTP/1.1" 20 "400" 20 "Bad" 20 "Request" 0d0a0d0a`, iso8583.Reply{}, "it is no message of network management, want 0810"},
		{"no response code", generic, `"0810" 0020000000000000 "000123"`, iso8583.Reply{}, "it has no response code (field 39)"},
		{"a response code of spaces", generic, `"0810" 0020000002000000 "000123" 2020`, iso8583.Reply{}, "its response code is neither letters nor digits"},
		{"letters in a packed time", unionpay, `6000000003 603100001208 0830 0010 000002000000 12000a "00"`, iso8583.Reply{}, "field 12 holds something else than digits"},
		{"a field that nobody knows", unionpay, `6000000003 603100001208 0830 0100 000002000000 00 "00"`, iso8583.Reply{}, "how field 8 is laid out is not known"},
		{"a third bitmap", generic, `"0810" 8000000002000000 8000000000000000 "00" 0000000000000000`, iso8583.Reply{}, "how field 65 is laid out is not known"},
		{"a length that is none", generic, `"0810" 4000000002000000 "1x" "00"`, iso8583.Reply{}, "the length of field 2 is no number"},
		{"an empty field before the code", generic, `"0810" 4000000002000000 "00" "00"`, iso8583.Reply{}, "field 2 is empty"},
		{"a length beyond its end", unionpay, `6000000003 603100001208 0830 0000 000102000000 99 00 "00"`, iso8583.Reply{}, "it ends in field 32"},
		{"something behind its end", generic, fmt.Sprintf(genericReply, "00") + ` 00`, iso8583.Reply{}, "1 bytes follow its last field"},
		{"half a bitmap", generic, `"0810" 02200000`, iso8583.Reply{}, "it ends in its bitmap"},
		{"half of two bitmaps", generic, `"0810" 8220000002000000 0400`, iso8583.Reply{}, "it ends in its second bitmap"},
		{"far too long", generic, fmt.Sprintf(genericReply, "00") + strings.Repeat(" 00", iso8583.MaxFrame), iso8583.Reply{}, "it has 2089 bytes, want at most 2048"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := echo(t, row.format).Reply(bytesOf(t, row.frame))
			assert.Equal(t, row.want, got)
			if row.err == "" {
				assert.NoError(t, err)
				return
			}
			assert.EqualError(t, err, "malformed reply: "+row.err)
			assert.ErrorIs(t, err, iso8583.ErrMalformed)
		})
	}
}

// TestCardDataIsSteppedOver: no field of a card is kept, shown or named with what it holds, in a whole reply and in all
// that it can be cut to.
func TestCardDataIsSteppedOver(t *testing.T) {
	const pan, track, chip = "6222021234567890123", "6222021234567890123=30122011", "9f26081122334455"
	hexPAN := pan + "0"
	frames := map[iso8583.Dialect]string{
		// fields 2, 11, 14, 35, 36, 39, 41, 45 (generic), 52, 55
		iso8583.Generic: `"0810" 4024000032881200 "19` + pan + `" "000123" "3012" "28` + track + `" "028` + track + `" "00" "12345678" "19` + pan + `" 0102030405060708 "016` + chip + `"`,
		iso8583.UnionPay: `6000000003 603100001208 0830 4024000032801200 19 ` + hexPAN + ` 000123 3012 19 ` + hexPAN + ` 0019 ` + hexPAN +
			` "00" "12345678" 0102030405060708 0016 "` + chip + `"`,
	}
	for dialect, format := range map[iso8583.Dialect]iso8583.Format{iso8583.Generic: generic, iso8583.UnionPay: unionpay} {
		frame := bytesOf(t, frames[dialect])
		e := echo(t, format)
		got, err := e.Reply(frame)
		require.NoError(t, err, dialect)
		assert.Equal(t, "00", got.Code)
		for cut := range frame {
			for b := range 256 {
				changed := append([]byte(nil), frame[:cut+1]...)
				changed[cut] = byte(b)
				got, err := e.Reply(changed)
				said := fmt.Sprintf("%+v %v", got, err)
				if strings.Contains(said, "622202") || strings.Contains(said, "0123") && !strings.Contains(said, "000123") || strings.Contains(said, "3012") || strings.Contains(said, "9f26") {
					t.Fatalf("%s, cut at %d: %s", dialect, cut, said)
				}
			}
		}
	}
}

// TestDamagedReplies: cut anywhere, or with any one byte changed to anything, a reply is an error or has sane values, and a
// host that said no is never heard to say yes. "58" is no code from which one byte leads to a yes, and the reference of
// zeros is what a code would be read from if a changed bitmap made the reading slip.
func TestDamagedReplies(t *testing.T) {
	yeses := map[string]bool{}
	for code, class := range response.Classes() {
		yeses[code] = class == response.Approved
	}
	for name, row := range map[string]struct {
		format iso8583.Format
		frame  string
	}{
		"unionpay": {unionpay, unionpayReply}, "unionpay long": {unionpay, unionpayLong},
		"generic": {generic, genericReply}, "generic long": {generic, genericLong},
	} {
		t.Run(name, func(t *testing.T) {
			e, frame := echo(t, row.format), bytesOf(t, strings.Replace(fmt.Sprintf(row.frame, "58"), "071412345678", "000000000000", 1))
			read, refused := 0, 0
			try := func(changed []byte) {
				got, err := e.Reply(changed)
				if err != nil {
					refused++
					require.ErrorIs(t, err, iso8583.ErrMalformed)
					require.Empty(t, got)
					return
				}
				read++
				require.Regexp(t, `^[0-9A-Za-z]{2}$`, got.Code)
				require.Regexp(t, `^([0-9]{10})?$`, got.HostTime)
				require.True(t, got.Request >= -1 && got.Request <= 15)
				require.False(t, yeses[got.Code], "%x says yes: %+v", changed, got)
			}
			for i := range frame {
				try(frame[:i])
				for b := range 256 {
					changed := append([]byte(nil), frame...)
					changed[i] = byte(b)
					try(changed)
				}
			}
			t.Logf("%d were refused, %d were read", refused, read)
		})
	}
}

// FuzzReply: whatever a host sends is an error or has sane values.
func FuzzReply(f *testing.F) {
	for _, frame := range []string{unionpayReply, unionpayLong, unionpaySign, genericReply, genericLong} {
		f.Add(bytesOf(f, fmt.Sprintf(frame, "00")), byte(0))
		f.Add(bytesOf(f, fmt.Sprintf(frame, "Z1")), byte(7))
	}
	f.Fuzz(func(t *testing.T, frame []byte, fields byte) {
		bare := unionpay
		bare.Fields = iso8583.Fields{NoTrace: fields&1 != 0, NoTerminal: fields&2 != 0, NoMerchant: fields&4 != 0}
		for _, format := range []iso8583.Format{generic, unionpay, bare} {
			got, err := echo(t, format).Reply(frame)
			switch {
			case err != nil:
				if !errors.Is(err, iso8583.ErrMalformed) || got != (iso8583.Reply{}) {
					t.Fatalf("%+v, %v", got, err)
				}
			case len(got.Code) != 2 || got.HostTime != "" && len(got.HostTime) != 10 || got.Request < -1 || got.Request > 15:
				t.Fatalf("%+v", got)
			}
			// The zero value compares nothing, and must not break either.
			_, _ = iso8583.Echo{}.Reply(frame)
		}
	})
}
