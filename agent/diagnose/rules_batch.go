package diagnose

import (
	"fmt"
	"time"

	"github.com/poshealth/poshealth/findings"
)

// terminalCaptures tells whether nothing is paid before the terminal settles; the app's word ranks above the profile's.
func (p *Profile) terminalCaptures(b Batch) bool {
	if b.Capture != "" {
		return b.Capture == "terminal"
	}
	return p.Capture == "terminal"
}

// begun is since when the batch has been filling: since the last settlement, or where nobody tells of any, since its number was heard of.
func (b Batch) begun() Since {
	if b.Settled.Is {
		return b.Settled
	}
	return b.Opened
}

// batchNotSettled: where the terminal captures, nothing is paid until it settles. An empty batch wants nothing, and after a weekend the first
// sale is as new as it is.
func (p *Profile) batchNotSettled(e *Evidence) []Match {
	t := e.Till()
	b := t.Batch
	begun := b.begun()
	if !b.Told || b.Count == 0 || !begun.Is {
		return nil
	}
	if t.Silent && e.since(t.HostAt) > hostWordLasts {
		return []Match{unsure("")} // it may have been settled since the acquirer spoke
	}
	from := begun.At
	if b.Filled.Is {
		from = max(from, b.Filled.At)
	}
	age := e.since(from)
	m := mine(findings.Info, fmt.Sprintf("%s in the batch, settled %s ago", counted(b.Count, "sale"), aged(e.since(begun.At))))
	if !p.terminalCaptures(b) {
		if age <= p.lasts("batch-not-settled.host") {
			return nil
		}
		return []Match{m}
	}
	m.Due = e.wall(from).Add(p.lasts("batch-not-settled.blocking"))
	for _, s := range [...]findings.Severity{findings.Degraded, findings.Imminent, findings.Blocking} {
		if age > p.lasts("batch-not-settled."+s.String()) {
			m.Severity = s
		}
	}
	if m.Severity == findings.Info {
		return nil
	}
	return []Match{m}
}

// hostWordLasts is how long a batch stands as the acquirer has told it where no app does: some hours later it is another.
const hostWordLasts = 4 * time.Hour

// batchFull: at its limit the app asks for a settlement, and ten later it sells nothing.
func (p *Profile) batchFull(e *Evidence) []Match {
	b := e.Till().Batch
	limit := b.Limit
	if limit == 0 {
		limit = int(p.limit("batch-full.limit"))
	}
	share := 100 * float64(b.Count) / float64(limit)
	m := mine(findings.Info, fmt.Sprintf("%d of %d sales in the batch", b.Count, limit))
	switch {
	case !b.Told || share < p.limit("batch-full.info"):
		return nil
	case b.Count >= limit+int(p.limit("batch-full.over")):
		m.Severity = findings.Blocking
	case b.Count >= limit:
		m.Severity = findings.Imminent
	case share >= p.limit("batch-full.degraded"):
		m.Severity = findings.Degraded
	}
	if left := limit + int(p.limit("batch-full.over")) - b.Count; left > 0 && b.begun().Is {
		// At the rate since the last settlement.
		if age := e.since(b.begun().At); age > 0 && b.Count > 0 {
			m.Due = e.wall(e.now.Boot).Add(time.Duration(float64(age) / float64(b.Count) * float64(left)))
		}
	}
	return []Match{m}
}

// batchUpload: the books of terminal and host differ, and the upload that would show where has not ended.
func (p *Profile) batchUpload(e *Evidence) []Match {
	b := e.Till().Batch
	m := mine(findings.Blocking, "")
	switch {
	case b.State == "not_equal":
		m.Detail = "terminal and host count differently"
	case b.State == "upload_failed":
		m.Detail = "the upload was interrupted"
	case b.State == "uploading" && e.since(b.StateAt) > p.lasts("batch-upload-incomplete.after"):
		m.Detail = "the upload has been under way for " + aged(e.since(b.StateAt))
	case b.State != "settled" && b.State != "open" && (b.RC == "79" || b.RC == "95"):
		m.Detail = "the host counts differently"
	default:
		return nil
	}
	if b.Number != "" {
		m.Detail += ", batch " + b.Number
	}
	if b.RC != "" {
		m.Detail += ", answer " + b.RC
	}
	return []Match{m}
}

// batchMismatch: a sign-on puts it right, unless another terminal has the same number.
func (p *Profile) batchMismatch(e *Evidence) []Match {
	b := e.Till().Batch
	if b.Mismatches == 0 {
		return nil
	}
	m := mine(findings.Degraded, counted(b.Mismatches, "answer")+" 77: the host has another batch number")
	if b.Mismatches > 1 && b.SignedOn {
		m.Severity = findings.Blocking
		m.Detail += ", also after a sign-on"
	}
	return []Match{m}
}
