package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// check asks a server about the good token and every bad one, and about the good one again, since an answer may be remembered.
func check(ctx context.Context, s server, address, good string, bads []bad) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for range 2 {
		if err := checkGood(ctx, client, s, address, good); err != nil {
			return err
		}
		if !s.checks {
			continue
		}
		for _, b := range bads {
			status, _, err := get(ctx, client, s, address, b.token)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if status != http.StatusUnauthorized && status != http.StatusForbidden {
				return fmt.Errorf("%s: %s: answered %d, not 401 or 403", s.name, b.why, status)
			}
		}
	}
	return checkGood(ctx, client, s, address, good)
}

func checkGood(ctx context.Context, client *http.Client, s server, address, good string) error {
	status, body, err := get(ctx, client, s, address, good)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", s.name, err)
	case status != http.StatusNoContent || body != 0:
		return fmt.Errorf("%s: answered the good token %d with %d bytes, not 204 and none", s.name, status, body)
	}
	return nil
}

// get sends what the load tool will, and gives the status and the length of the body.
func get(ctx context.Context, client *http.Client, s server, address, token string) (int, int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+target, nil)
	if err != nil {
		return 0, 0, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if !s.plain {
		req.Header.Set("X-Forwarded-For", "198.51.100.23")
		req.Header.Set("CF-IPCountry", "DE")
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, 0, err
	}
	n, err := io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, n, errors.Join(err, resp.Body.Close())
}
