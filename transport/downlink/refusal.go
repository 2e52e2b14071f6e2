package downlink

// Reason is why something was refused, one word for machines.
type Reason string

// The reasons. Those before the signature was judged say nothing of who sent it.
const (
	TooLarge     Reason = "too-large"     // not read at all
	Malformed    Reason = "malformed"     // no envelope, or no body in it
	OtherTopic   Reason = "other-topic"   // a topic or a name that is not this terminal's, or not for this operation
	UnknownKey   Reason = "unknown-key"   // no key of this terminal, or not for this purpose
	RevokedKey   Reason = "revoked-key"   //
	RateLimited  Reason = "rate-limited"  // more than is verified, or than is waited for
	BadSignature Reason = "bad-signature" //
	UnknownOp    Reason = "unknown-op"    // not on the list
	BadArgs      Reason = "bad-args"      // on the list, and out of its bounds
	Replayed     Reason = "replayed"      // a number that was used
	OutOfOrder   Reason = "out-of-order"  // a number, or a version, below one that was used
	Expired      Reason = "expired"       //
	NotYet       Reason = "not-yet"       //
	UnsafeNow    Reason = "unsafe-now"    // not while money is unsettled, the time is not known, or nothing can be kept
	Unsupported  Reason = "unsupported"   // on the list, and not in this version
	Interrupted  Reason = "interrupted"   // the terminal was restarted meanwhile: whether it was done is not known
	NotDone      Reason = "not-done"      // it was tried, and failed
)

// Refusal is why a message was not acted upon.
type Refusal struct {
	Reason  Reason
	Detail  string  // one English sentence, at most 200 bytes
	Signed  bool    // the signature is good: Command holds what was read, and its sender may be answered
	Command Command // only where Signed
	Kept    *Result // it was done before, and this came of it; nil: it was not, or that is forgotten
}

func (r *Refusal) Error() string { return string(r.Reason) + ": " + r.Detail }

func refuse(reason Reason, detail string) *Refusal {
	return &Refusal{Reason: reason, Detail: Shorten(detail)}
}

// maxDetail bounds a sentence in bytes: kept 64 times, and paid for by the byte.
const maxDetail = 200

// Shorten cuts a sentence to what is kept and sent of one.
func Shorten(s string) string {
	if len(s) <= maxDetail {
		return s
	}
	cut := maxDetail - len("…")
	for cut > 0 && s[cut]&0xc0 == 0x80 { // not within a character
		cut--
	}
	return s[:cut] + "…"
}
