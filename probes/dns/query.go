package dns

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/poshealth/poshealth/probes"
)

// query is one question on its way, and what became of it.
type query struct {
	id      uint16
	family  dnsmessage.Type
	packed  []byte
	done    bool
	cut     bool // the answer did not fit a datagram
	rcode   dnsmessage.RCode
	answers []netip.Addr
}

func newQuery(name dnsmessage.Name, family dnsmessage.Type) (query, error) {
	var id [2]byte
	if _, err := rand.Read(id[:]); err != nil {
		return query{}, err
	}
	q := query{id: binary.BigEndian.Uint16(id[:]), family: family}
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: q.id, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: name, Type: family, Class: dnsmessage.ClassINET}},
	}
	var err error
	q.packed, err = m.Pack()
	return q, err
}

// take reads msg if it answers q; false means that it is none of q's.
func (q *query) take(msg []byte, name dnsmessage.Name) bool {
	var p dnsmessage.Parser
	h, err := p.Start(msg)
	if err != nil || !h.Response || h.ID != q.id {
		return false
	}
	asked, err := p.Question()
	if err != nil || asked.Type != q.family || asked.Class != dnsmessage.ClassINET || !strings.EqualFold(asked.Name.String(), name.String()) {
		return false
	}
	if p.SkipAllQuestions() != nil {
		return false
	}
	answers, ok := addresses(&p)
	if !ok && !h.Truncated {
		return false
	}
	q.done, q.cut, q.rcode, q.answers = true, h.Truncated, h.RCode, answers
	return true
}

// addresses reads the A and AAAA records of an answer section, whoever owns them: a resolver follows aliases for us.
func addresses(p *dnsmessage.Parser) ([]netip.Addr, bool) {
	var out []netip.Addr
	for {
		h, err := p.AnswerHeader()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			return out, true
		}
		if err != nil || len(out) > maxTCP/16 {
			return out, false
		}
		switch h.Type {
		case dnsmessage.TypeA:
			r, err := p.AResource()
			if err != nil {
				return out, false
			}
			out = append(out, netip.AddrFrom4(r.A))
		case dnsmessage.TypeAAAA:
			r, err := p.AAAAResource()
			if err != nil {
				return out, false
			}
			out = append(out, netip.AddrFrom16(r.AAAA))
		default:
			if p.SkipAnswer() != nil {
				return out, false
			}
		}
	}
}

// rcodeReason is the stable word for what a server answered; "" when it found the name.
func rcodeReason(code dnsmessage.RCode) probes.Reason {
	switch code {
	case dnsmessage.RCodeSuccess:
		return ""
	case dnsmessage.RCodeNameError:
		return NXDomain
	case dnsmessage.RCodeRefused:
		return Refused
	}
	return ServFail // FORMERR, NOTIMP (RFC 1035, 4.1.1) and whatever else: it could not tell
}
