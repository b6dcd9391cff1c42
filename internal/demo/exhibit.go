package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	streamtoken "github.com/streamtoken/streamtoken"
)

// exhibit is one signed URL and what becomes of it.
type exhibit struct {
	Name   string             `json:"name"`
	Why    string             `json:"why"`
	URL    string             `json:"url"`
	Status int                `json:"status"` // as it should be
	Reason streamtoken.Reason `json:"reason,omitempty"`
}

// exhibits are the four URLs that a visitor is shown.
func (s *stage) exhibits(t tokens) []exhibit {
	return []exhibit{
		{"allowed", "a rule allows viewers on this machine", s.playlist(t.allowed), http.StatusOK, ""},
		{"blocked", "its rules allow only viewers in 203.0.113.0/24 and 2001:db8::/32", s.playlist(t.blocked),
			http.StatusForbidden, streamtoken.ReasonRuleBlocked},
		{"expired", "it ended half an hour ago", s.playlist(t.expired), http.StatusUnauthorized, streamtoken.ReasonTokenExpired},
		{"forged", "the claims of the allowed one over the signature of the blocked one", s.playlist(t.forged),
			http.StatusUnauthorized, streamtoken.ReasonSignatureInvalid},
	}
}

func (s *stage) playlist(token string) string {
	return s.edgeURL + "/" + token + "/manifest/video.m3u8"
}

// showAll mints the four tokens, shows each, then a batch of tokens and what the control API handed out, and gives the four.
func (s *stage) showAll(ctx context.Context, cfg Config) (tokens, error) {
	minted, err := s.mint.tokens()
	if err != nil {
		return tokens{}, err
	}
	for _, e := range s.exhibits(minted) {
		if err := s.show(ctx, cfg.Out, e); err != nil {
			return tokens{}, err
		}
	}
	if err := s.showBatch(ctx, cfg.Out, cfg.Engine); err != nil {
		return tokens{}, err
	}
	return minted, s.showIssued(ctx, cfg.Out)
}

// show prints an exhibit, how to ask for it, and the edge's answer.
func (s *stage) show(ctx context.Context, w io.Writer, e exhibit) error {
	a, err := s.ask(ctx, http.MethodGet, e.URL, nil)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s: %s\n  curl -i %s\n  answer: %s\n\n", e.Name, e.Why, e.URL, a)
	return err
}

// answer is what came back.
type answer struct {
	status int
	reason streamtoken.Reason // of a refusal
	header http.Header
	body   []byte
}

func (a answer) String() string {
	text := fmt.Sprintf("%d %s", a.status, http.StatusText(a.status))
	if a.reason != "" {
		text += ", reason " + string(a.reason)
	}
	return text
}

// maxAnswerBytes bounds what is read of one answer; the video is smaller.
const maxAnswerBytes = 1 << 20

// ask makes one request, following no redirect.
func (s *stage) ask(ctx context.Context, method, url string, header http.Header) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return answer{}, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	if host := header.Get("Host"); host != "" {
		req.Host = host
	}
	return s.do(req)
}

// do sends a request and reads the answer.
func (s *stage) do(req *http.Request) (answer, error) {
	resp, err := s.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes)); err != nil {
		return answer{}, err
	}
	if req.Method != http.MethodHead && resp.Header.Get("Content-Type") == "application/problem+json" { // RFC 9457
		var problem struct {
			Reason streamtoken.Reason `json:"reason"`
		}
		if err := json.Unmarshal(a.body, &problem); err != nil {
			return answer{}, fmt.Errorf("a refusal is not JSON: %w", err)
		}
		a.reason = problem.Reason
	}
	return a, nil
}
