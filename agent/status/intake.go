package status

import (
	"crypto/subtle"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
)

const (
	// intakePath takes a payment app's news: what it is, what is never in it, and how much of it, docs/intake.md has.
	intakePath = "/v1/intake"
	// MaxIntake bounds one request of a payment app, in bytes: 64 lines of half a kilobyte.
	MaxIntake = 32 << 10
)

// intake answers POST /v1/intake. The door has let the app in.
func (s *Server) intake(w http.ResponseWriter, r *http.Request) {
	if s.o.Intake == nil {
		refuse(w, http.StatusServiceUnavailable, "this agent takes no news from payment apps: set enabled in the configuration's [intake]")
		return
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Header.Get("Content-Type") != "" && (err != nil || kind != "application/x-ndjson" && kind != "text/plain") {
		refuse(w, http.StatusUnsupportedMediaType, "want Content-Type: application/x-ndjson, a JSON object on each line")
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, http.StatusBadRequest, "the request's body did not come whole: send it again")
		return
	}
	code, reply := s.o.Intake(body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(append(reply, '\n')) // an app that is gone needs no answer
}

// fromAPage tells whether a browser sends a request: it says so itself, and no script can make it silent. Payment apps are none, and
// a page could have got the token only by theft.
func fromAPage(r *http.Request) bool {
	return len(r.Header.Values("Origin")) > 0 || r.Header.Get("Sec-Fetch-Site") != ""
}

// mayTell tells whether a request comes from a payment app: by the user whom the kernel names, or by the token.
func (s *Server) mayTell(r *http.Request) bool {
	if p, ok := r.Context().Value(peerKey{}).(peer); ok && p.err == nil && (p.uid == 0 || p.uid == os.Getuid() || slices.Contains(s.o.IntakeUIDs, p.uid)) {
		return true
	}
	scheme, shown, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return s.o.IntakeToken != "" && strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare([]byte(shown), []byte(s.o.IntakeToken)) == 1
}

// guardIntake lets in payment apps, and tells others what is missing.
func (s *Server) guardIntake(next http.Handler, w http.ResponseWriter, r *http.Request) {
	switch {
	case fromAPage(r):
		refuse(w, http.StatusForbidden, "news of sales are taken from an app, and from no page")
	case !s.mayTell(r):
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, "want the token: Authorization: Bearer, and what lies in intake.token")
	default:
		next.ServeHTTP(w, r)
	}
}
