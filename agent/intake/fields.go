package intake

import (
	"slices"
	"strings"
)

// Bounds of what a field may be.
const (
	// earliest and latest moments, in milliseconds: 1970, where the clock of a terminal begins whose battery is empty, to 2093. No card's
	// number lies between: the shortest, of 13 digits, begin with 4 to 6.
	earliest, latest = 0, 3_900_000_000_000

	mostMono  = 10_000_000_000 // ms: four months without a restart, on terminals that restart each day
	mostCents = 999_999_999_999
)

// inSeconds tells a moment that was told in seconds, of 2020 to 2093: in milliseconds it would be a few weeks of 1970.
func inSeconds(n int64) bool { return n >= 1_600_000_000 && n <= latest/1000 }

// shape is what a field may hold: text, where fits is set; a number from least to most; or a yes or no.
type shape struct {
	fits        func(string) bool
	least, most int64
	flag        bool
	moment      bool // a number that is a time, the only one with 13 digits
}

// field is one that the contract knows.
type field struct {
	name string
	shape
	needed bool
}

func text(fits func(string) bool) shape { return shape{fits: fits} }

func number(least, most int64) shape { return shape{least: least, most: most} }

func when() shape { return shape{least: earliest, most: latest, moment: true} }

func yesNo() shape { return shape{flag: true} }

// each tells whether a text has between least and most bytes, each of them good.
func each(least, most int, good func(byte) bool) func(string) bool {
	return func(s string) bool {
		if len(s) < least || len(s) > most {
			return false
		}
		for i := range len(s) {
			if !good(s[i]) {
				return false
			}
		}
		return true
	}
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
func upper(c byte) bool { return digit(c) || c >= 'A' && c <= 'Z' }
func alnum(c byte) bool { return upper(c) || c >= 'a' && c <= 'z' }
func hex(c byte) bool   { return digit(c) || c >= 'a' && c <= 'f' }

func oneOf(words string) func(string) bool {
	all := strings.Fields(words)
	return func(s string) bool { return slices.Contains(all, s) }
}

// merchantField of hello is the only text of more than 12 digits.
const merchantField = "mid"

func merchantNumber(s string) bool { return each(15, 15, upper)(s) }

// kinds are all of them.
func kinds() []string { return []string{Hello, State, TxnBegin, TxnEnd, Reversal, Session, Batch, SAF} }

// common are the fields of every event.
func common() []field {
	return []field{
		{"v", number(1, 1), true},
		{"kind", text(oneOf(strings.Join(kinds(), " "))), true},
		{"boot", text(each(8, 8, hex)), true},
		{"seq", number(1, 1<<31-1), true},
		{"at", when(), true},
		{"mono_ms", number(0, mostMono), false},
	}
}

// fields are those of a kind, beside the common ones; nil: there is no such kind.
func fields(kind string) []field {
	var (
		ref       = text(each(1, 12, alnum))
		batch     = text(each(6, 6, digit))
		code      = text(each(2, 3, upper))
		txn       = text(oneOf("sale void refund preauth preauth_complete preauth_void balance qr_pay qr_refund other"))
		outcome   = text(oneOf("approved declined technical no_answer cancelled unknown"))
		capture   = text(oneOf("host terminal"))
		version   = text(each(1, 12, func(c byte) bool { return alnum(c) || c == '.' }))
		few, many = number(0, 99), number(0, 9999)
		host      = number(0, 7)
	)
	switch kind {
	case Hello:
		return []field{{"tid", text(each(8, 8, upper)), true}, {merchantField, text(merchantNumber), true}, {"level", number(0, 2), true}}
	case State:
		return []field{
			{"signed_on", yesNo(), true},
			{"in_doubt", few, true},
			{"reversals_pending", few, true},
			{"batch_count", many, true},
			{"sign_on_at", when(), false},
			{"batch", batch, false},
			{"batch_limit", number(1, 9999), false},
			{"last_settled_at", when(), false},
			{"capture", capture, false},
			{"saf_pending", many, false},
			{"saf_oldest_at", when(), false},
			{"last_ref", ref, false},
			{"last_outcome", outcome, false},
			{"last_at", when(), false},
			{"last_host", host, false},
			{"last_offline", yesNo(), false},
			{"printer", text(oneOf("OK PaperLow NoPaper PaperJam OutOfOrder")), false},
			{"security_ok", yesNo(), false},
			{"ped_ok", yesNo(), false},
			{"card_reader_ok", yesNo(), false},
			{"busy", yesNo(), false},
			{"settings_fp", text(each(8, 8, hex)), false},
			{"settings_ok", yesNo(), false},
			{"proc_req", number(0, 9), false},
			{"params_ver", version, false},
			{"capk_ver", version, false},
			{"aid_ver", version, false},
		}
	case TxnBegin:
		return []field{
			{"ref", ref, true},
			{"batch", batch, false},
			{"type", txn, true},
			{"entry", text(oneOf("chip contactless magstripe manual qr none")), true},
			{"link", text(oneOf("wifi mobile ethernet other")), false},
			{"host", host, false},
		}
	case TxnEnd:
		return []field{
			{"ref", ref, true},
			{"batch", batch, false},
			{"type", txn, true},
			{"outcome", outcome, true},
			{"rc", code, false},
			{"rrn", text(each(12, 12, alnum)), false},
			{"offline", yesNo(), true},
			{"host_ms", number(0, 180_000), false},
			{"connect_ms", number(0, 120_000), false},
			{"issuer_inst", text(each(4, 11, digit)), false},
			{"amount_minor", number(0, mostCents), false},
			{"cur", text(each(3, 3, digit)), false},
			{"host", host, false},
		}
	case Reversal:
		return []field{
			{"ref", ref, true},
			{"batch", batch, false},
			{"state", text(oneOf("queued sending done failed abandoned")), true},
			{"attempts", few, true},
			{"rc", code, false},
			{"reason", text(oneOf("no_answer mac print card_removed other")), true},
		}
	case Session:
		return []field{
			{"state", text(oneOf("signed_on signed_off failed")), true},
			{"rc", code, false},
			{"host_time", text(each(10, 10, digit)), false},
			{"rtt_ms", number(0, 180_000), false},
		}
	case Batch:
		return []field{
			{"batch", batch, true},
			{"state", text(oneOf("open settling settled not_equal uploading upload_failed")), true},
			{"count", many, true},
			{"limit", number(1, 9999), false},
			{"rc", code, false},
			{"capture", capture, false},
		}
	case SAF:
		return []field{{"pending", many, true}, {"limit", many, false}, {"oldest_at", when(), false}}
	}
	return nil
}
