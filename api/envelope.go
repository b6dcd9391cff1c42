package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// envelope is what Cloudflare wraps every answer in. errors and messages are always arrays.
type envelope struct {
	Result     any         `json:"result"`
	Success    bool        `json:"success"`
	Errors     []notice    `json:"errors"`
	Messages   []notice    `json:"messages"`
	ResultInfo *resultInfo `json:"result_info,omitempty"`
}

// bareEnvelope is that of the call that deletes a relay token: without a result.
type bareEnvelope struct {
	Success  bool     `json:"success"`
	Errors   []notice `json:"errors"`
	Messages []notice `json:"messages"`
}

type notice struct {
	Code    int     `json:"code"`
	Message string  `json:"message"`
	Source  *source `json:"source,omitempty"`
}

type source struct {
	Pointer string `json:"pointer"`
}

type resultInfo struct {
	Count int `json:"count"` // on this page
	Total int `json:"total"` // that match
}

// answer is what a handler gives for a success.
type answer struct {
	result   any
	info     *resultInfo
	bare     bool // no result at all
	messages []notice

	invalidated string // for the header of that name

	document []byte // instead of an envelope: this JSON, as it is
	status   int    // of the document; zero: 200
	etag     bool   // the document has one, and is not sent to who has it
}

// InvalidatedHeader says, in the answer to a call that took something away, why no node can still accept it: every one has
// acknowledged the change, or the lease of those that have not is over.
const InvalidatedHeader = "Streamtoken-Invalidated"

// write sends a. It gives the status.
func (a *answer) write(w http.ResponseWriter, r *http.Request) int {
	header := w.Header()
	if a.invalidated != "" {
		header.Set(InvalidatedHeader, a.invalidated)
	}
	if a.document != nil {
		return a.writeDocument(w, r)
	}
	messages := a.messages
	if messages == nil {
		messages = []notice{}
	}
	var body any = envelope{Result: a.result, Success: true, Errors: []notice{}, Messages: messages, ResultInfo: a.info}
	if a.bare {
		body = bareEnvelope{Success: true, Errors: []notice{}, Messages: messages}
	}
	data, err := json.Marshal(body)
	if err != nil {
		return internalError().write(w)
	}
	return send(w, http.StatusOK, data)
}

func (f *fault) write(w http.ResponseWriter) int {
	header := w.Header()
	if f.allow != "" {
		header.Set("Allow", f.allow)
	}
	if f.retry > 0 {
		header.Set("Retry-After", strconv.Itoa(int(f.retry/time.Second)))
	}
	if f.final {
		header.Set("X-Should-Retry", "false") // what the official SDKs go by, before the status
	}
	if f.status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", `Bearer realm="streamtoken"`)
	}
	list := []notice{}
	for e := f; e != nil; e = e.also {
		n := notice{Code: e.code, Message: e.message}
		if e.pointer != "" {
			n.Source = &source{Pointer: e.pointer}
		}
		list = append(list, n)
	}
	data, err := json.Marshal(envelope{Errors: list, Messages: []notice{}})
	if err != nil {
		data = []byte(`{"result":null,"success":false,"errors":[],"messages":[]}`)
	}
	return send(w, f.status, data)
}

func send(w http.ResponseWriter, status int, data []byte) int {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(data)+1))
	w.WriteHeader(status)
	w.Write(append(data, '\n'))
	return status
}

// stamp writes a time as Cloudflare does: RFC 3339 in UTC, as many digits of the fraction as it has.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
