// Package web holds the browser client, as Vite builds it into dist.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var built embed.FS

// Files are the files of the built client.
func Files() (fs.FS, error) { return fs.Sub(built, "dist") }
