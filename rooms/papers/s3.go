package papers

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3Config says which bucket to use.
type S3Config struct {
	Endpoint  string // URL, such as https://s3.minhgiang.example
	Region    string
	Bucket    string
	AccessKey string
	SecretKey string
	TLS       *tls.Config // nil for the system's certificates
}

// S3 is a Storage in a bucket of an S3-compatible server.
type S3 struct {
	client    *minio.Client
	transport *http.Transport
	bucket    string
}

// answerWait is how long the server may take to begin its answer.
const answerWait = 30 * time.Second

// NewS3 makes a Storage; it does not ask the server yet.
func NewS3(cfg S3Config) (*S3, error) {
	u, err := url.Parse(cfg.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("papers: %w", err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig, transport.ResponseHeaderTimeout = cfg.TLS, answerWait
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""), Secure: u.Scheme == "https", Region: cfg.Region, Transport: transport, MaxRetries: 3,
	})
	if err != nil {
		return nil, fmt.Errorf("papers: %w", err)
	}
	return &S3{client, transport, cfg.Bucket}, nil
}

// Close closes the connections that are idle.
func (s *S3) Close() { s.transport.CloseIdleConnections() }

// Check asks whether the bucket is there.
func (s *S3) Check(ctx context.Context) error {
	found, err := s.client.BucketExists(ctx, s.bucket)
	if err != nil {
		return inBucket(err)
	}
	if !found {
		return fmt.Errorf("%w: there is no bucket %q", ErrStorage, s.bucket)
	}
	return nil
}

// Put implements Storage. The file is sent in one piece from where it lies.
func (s *S3) Put(ctx context.Context, name string, file *os.File) error {
	if err := checkBlob(name); err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return onDisk(err)
	}
	if _, err := file.Seek(0, 0); err != nil {
		return onDisk(err)
	}
	_, err = s.client.PutObject(ctx, s.bucket, name, file, info.Size(), minio.PutObjectOptions{DisableMultipart: true, ContentType: "application/octet-stream"})
	return inBucket(err)
}

// Open implements Storage.
func (s *S3) Open(ctx context.Context, name string) (Content, error) {
	if err := checkBlob(name); err != nil {
		return nil, err
	}
	object, err := s.client.GetObject(ctx, s.bucket, name, minio.GetObjectOptions{})
	if err != nil {
		return nil, inBucket(err)
	}
	if _, err := object.Stat(); err != nil { // nothing was asked before
		_ = object.Close()
		return nil, inBucket(err)
	}
	return object, nil
}

// Delete implements Storage.
func (s *S3) Delete(ctx context.Context, name string) error {
	if err := checkBlob(name); err != nil {
		return err
	}
	return inBucket(s.client.RemoveObject(ctx, s.bucket, name, minio.RemoveObjectOptions{}))
}

// inBucket says what a failure of the server means.
func inBucket(err error) error {
	switch {
	case err == nil:
		return nil
	case minio.ToErrorResponse(err).Code == "NoSuchKey":
		return fmt.Errorf("papers: content: %w", ErrNotFound)
	}
	return fmt.Errorf("%w: %w", ErrStorage, err)
}
