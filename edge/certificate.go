package edge

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/streamtoken/streamtoken/internal/follow"
)

// maxPEMBytes bounds a certificate chain or key file.
const maxPEMBytes = 1 << 20 // 1 MiB

// certificate is a TLS pair that follows its two files.
type certificate struct {
	current  atomic.Pointer[tls.Certificate]
	follower *follow.Follower
	log      *slog.Logger
}

func followCertificate(certFile, keyFile string, poll time.Duration, log *slog.Logger) (*certificate, error) {
	c := &certificate{log: log}
	f, err := follow.Start(follow.Config{
		Source: pairSource{follow.FileSource(certFile, maxPEMBytes), follow.FileSource(keyFile, maxPEMBytes)},
		Accept: c.accept,
		Poll:   poll,
		Log:    log,
	})
	if err != nil {
		return nil, fmt.Errorf("edge: TLS certificate: %w", err)
	}
	c.follower = f
	return c, nil
}

// accept takes a pair that fits together. Between the renewal of the one file and of the other it does not: the old
// pair stays until it does.
func (c *certificate) accept(s follow.Snapshot) error {
	if len(s.Files) != 2 {
		return errors.New("a certificate and a key are needed")
	}
	pair, err := tls.X509KeyPair(s.Files[0].Data, s.Files[1].Data)
	if err != nil {
		return err
	}
	c.current.Store(&pair)
	leaf := pair.Leaf
	c.log.Info("TLS certificate in use", slog.Any("names", leaf.DNSNames), slog.Time("not_after", leaf.NotAfter))
	if time.Now().After(leaf.NotAfter) {
		c.log.Warn("the TLS certificate has expired: clients will refuse it", slog.Time("not_after", leaf.NotAfter))
	}
	return nil
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Load(), nil
}

// Check looks at both files now.
func (c *certificate) Check() error { return c.follower.Check() }

func (c *certificate) Close() error { return c.follower.Close() }

// pairSource follows two files as one thing, always in this order.
type pairSource struct{ cert, key follow.Source }

var _ follow.Source = pairSource{}

func (p pairSource) Read(ctx context.Context) (follow.Snapshot, error) {
	cert, err := p.cert.Read(ctx)
	if err != nil {
		return follow.Snapshot{}, err
	}
	key, err := p.key.Read(ctx)
	if err != nil {
		return follow.Snapshot{}, err
	}
	return follow.Snapshot{
		Files:   append(cert.Files[:len(cert.Files):len(cert.Files)], key.Files...),
		Version: cert.Version + "+" + key.Version,
	}, nil
}

// Watch joins the events of both files. When either watch ends, both do: the follower then begins anew.
func (p pairSource) Watch(ctx context.Context) (<-chan struct{}, error) {
	ctx, cancel := context.WithCancel(ctx)
	cert, err := p.cert.Watch(ctx)
	if err != nil || cert == nil {
		cancel()
		return nil, err
	}
	key, err := p.key.Watch(ctx)
	if err != nil || key == nil {
		cancel()
		for range cert { // until it has stopped
		}
		return nil, err
	}
	both := make(chan struct{}, 1)
	go func() {
		defer close(both)
		defer cancel()
		for cert != nil || key != nil {
			var open bool
			select {
			case _, open = <-cert:
				if !open {
					cert = nil
				}
			case _, open = <-key:
				if !open {
					key = nil
				}
			}
			if !open {
				cancel()
				continue
			}
			select {
			case both <- struct{}{}:
			default: // one is waiting already
			}
		}
	}()
	return both, nil
}

func (p pairSource) String() string { return p.cert.String() + ", " + p.key.String() }
