package status

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/poshealth/poshealth/transport/wire"
)

const (
	// maxWait is the longest poll, in whole seconds: under the 30 s after which many a WebView or proxy gives up.
	maxWait = 25 * time.Second
	// kickTimeout: asking takes microseconds; a loop that has not listened by then is busy, and will look soon anyway.
	kickTimeout = 2 * time.Second
)

// Headers of GET /v1/status.
const (
	// VersionHeader is the snapshot's version: give it as ?after= to wait for the next one.
	VersionHeader = "Poshealth-Version"
	// AgeHeader says how old the snapshot is, in seconds with milliseconds, by a clock that does not step.
	AgeHeader = "Poshealth-Age"
)

// feedPath takes facts that only an app can know.
const feedPath = "/v1/feed"

// route is one path of the API. HEAD is answered as GET.
type route struct {
	path string
	get  http.HandlerFunc
	post http.HandlerFunc // what acts: the doors let in only who may
}

// routes is the whole API, by path.
func (s *Server) routes(polls chan struct{}) []route {
	return []route{
		{path: "/", get: asset("text/html; charset=utf-8", indexHTML)},
		{path: "/charts.js", get: asset("text/javascript; charset=utf-8", chartsJS)},
		{path: "/page.css", get: asset("text/css; charset=utf-8", pageCSS)},
		{path: "/page.js", get: asset("text/javascript; charset=utf-8", pageJS)},
		{path: "/v1/check", post: s.check},
		{path: confirmPath, post: s.confirm},
		{path: feedPath, post: s.feed},
		{path: "/v1/history", get: s.history},
		{path: intakePath, post: s.intake},
		{path: "/v1/series", get: s.series},
		{path: "/v1/status", get: func(w http.ResponseWriter, r *http.Request) { s.status(w, r, polls) }},
		{path: supportPath, get: s.support(func(card string) (string, string, error) { return "text/plain; charset=us-ascii", card, nil })},
		{path: supportPath + ".svg", get: s.support(supportSVG)},
		{path: visitPath, get: s.visits, post: s.visit},
		{path: "/words.js", get: asset("text/javascript; charset=utf-8", wordsJS)},
	}
}

// router finds the route of a request.
func (s *Server) router(polls chan struct{}) http.Handler {
	routes := s.routes(polls)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, route := range routes {
			if route.path == r.URL.Path {
				route.serve(w, r)
				return
			}
		}
		refuse(w, http.StatusNotFound, "nothing is at this path: / is the page, /v1/status the snapshot")
	})
}

// serve answers a request for this route, whatever its method.
func (t route) serve(w http.ResponseWriter, r *http.Request) {
	var allow []string
	if t.get != nil {
		allow = append(allow, http.MethodGet, http.MethodHead)
	}
	if t.post != nil {
		allow = append(allow, http.MethodPost)
	}
	switch {
	case t.get != nil && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		t.get(w, r)
	case t.post != nil && r.Method == http.MethodPost:
		t.post(w, r)
	default:
		methods := strings.Join(allow, ", ")
		w.Header().Set("Allow", methods)
		refuse(w, http.StatusMethodNotAllowed, "this path takes "+methods+", not "+strconv.Quote(r.Method))
	}
}

// status answers GET /v1/status: the snapshot with texts, at once or when there is a newer one than ?after=.
func (s *Server) status(w http.ResponseWriter, r *http.Request, polls chan struct{}) {
	lang, err := s.lang(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	after, err := number(r, "after", 64)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	seconds, err := number(r, "wait", 31)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	snapshot, version := s.o.Board.Get()
	if seconds > 0 && (version == 0 || version == after) {
		select {
		case polls <- struct{}{}:
			defer func() { <-polls }()
		default:
			w.Header().Set("Retry-After", "5")
			refuse(w, http.StatusTooManyRequests, "too many are waiting already: ask without wait, or again in 5 s")
			return
		}
		wait := min(maxWait, time.Duration(seconds)*time.Second)
		ctx, cancel := context.WithTimeout(r.Context(), wait)
		defer cancel()
		// When the time is up the answer is what there is, with the version it had.
		snapshot, version, _ = s.o.Board.Wait(ctx, after)
	}
	if version == 0 {
		refuseStarting(w)
		return
	}
	w.Header().Set(VersionHeader, strconv.FormatUint(version, 10))
	w.Header().Set(AgeHeader, strconv.FormatFloat(s.o.Board.age().Seconds(), 'f', 3, 64))
	w.Header().Set("Content-Language", lang)
	answer(w, http.StatusOK, Texts(snapshot, lang))
}

// historyAnswer is the body of GET /v1/history.
type historyAnswer struct {
	Schema  int      `json:"schema"`
	Changes []Change `json:"changes"` // oldest first
}

// history answers GET /v1/history.
func (s *Server) history(w http.ResponseWriter, r *http.Request) {
	lang, err := s.lang(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	changes := s.o.Board.History()
	for i := range changes {
		if changes[i].Code != "" {
			changes[i].Title = titleOf(changes[i].Code, lang)
		}
	}
	w.Header().Set("Content-Language", lang)
	answer(w, http.StatusOK, historyAnswer{Schema: wire.Schema, Changes: changes})
}

// check answers POST /v1/check. The door has let the request in: what is left is to ask.
func (s *Server) check(w http.ResponseWriter, r *http.Request) {
	if s.o.Kick == nil {
		refuse(w, http.StatusServiceUnavailable, "this agent does not look on demand: wait for its next look")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), kickTimeout)
	defer cancel()
	if err := s.o.Kick(ctx); err != nil {
		refuse(w, http.StatusServiceUnavailable, "the agent was not asked: "+err.Error())
		return
	}
	answer(w, http.StatusAccepted, struct {
		Asked bool `json:"asked"`
	}{true})
}

// feed answers POST /v1/feed: what an app tells of the terminal.
func (s *Server) feed(w http.ResponseWriter, r *http.Request) {
	if s.o.Feed == nil {
		refuse(w, http.StatusServiceUnavailable, "this agent takes no facts from apps: it reads the terminal itself")
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, http.StatusBadRequest, "the request's body did not come whole: send it again")
		return
	}
	if err := s.o.Feed(body); err != nil {
		refuse(w, http.StatusBadRequest, "nothing was taken: "+err.Error())
		return
	}
	answer(w, http.StatusAccepted, struct {
		Taken bool `json:"taken"`
	}{true})
}

// lang returns the language a request asks for.
func (s *Server) lang(r *http.Request) (string, error) {
	switch lang := r.URL.Query().Get("lang"); lang {
	case Chinese, English:
		return lang, nil
	case "":
		if s.o.Lang == Chinese {
			return Chinese, nil
		}
		return English, nil
	default:
		return "", fmt.Errorf("lang: got %q, want %q or %q", clip(lang), Chinese, English)
	}
}

// number reads a parameter that is a whole number of at most bits bits; 0 when it is not there.
func number(r *http.Request, name string, bits int) (uint64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, bits)
	if err != nil {
		return 0, fmt.Errorf("%s: got %q, want a whole number", name, clip(text))
	}
	return n, nil
}

// clip shortens what a stranger sent to what an error may repeat.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// answer writes v as JSON.
func answer(w http.ResponseWriter, code int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // a number that is not finite: a defect of ours, told rather than hidden
		refuse(w, http.StatusInternalServerError, "the answer cannot be written as JSON: "+err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(append(body, '\n')) // a reader who is gone needs no answer
}

// refuse answers with an error that says what to do.
func refuse(w http.ResponseWriter, code int, why string) {
	answer(w, code, errorAnswer{Error: why})
}

// refuseStarting answers for an agent that has not looked yet.
func refuseStarting(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	refuse(w, http.StatusServiceUnavailable, "poshealth has only just started and has not looked yet: ask again in a few seconds, or with wait=20")
}

// errorAnswer is the body of every answer that is not a success.
type errorAnswer struct {
	Error string `json:"error"`
}
