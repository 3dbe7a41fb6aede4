// Package api is the REST interface under /api/v1: meetings, invitations and tickets.
package api

import (
	"log/slog"
	"net/http"

	"diemcau/rooms/access"
	"diemcau/rooms/calendar"
)

// Config is what the interface needs.
type Config struct {
	Calendar   *calendar.Calendar
	Access     *access.Access
	AdminToken string // bearer token of the administrator; at least 16 characters
	Version    string // of the server, for the OpenAPI document
	Log        *slog.Logger
}

// New is the handler for everything under /api/v1/.
func New(cfg Config) http.Handler { return http.NotFoundHandler() }
