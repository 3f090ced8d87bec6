// Package migrations has the schema of the stores, a folder for each kind of database, in the form
// that goose reads. A file that was released never changes: a new one is added.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed sqlite/*.sql
var files embed.FS

// SQLite returns the migrations for SQLite.
func SQLite() fs.FS {
	dir, err := fs.Sub(files, "sqlite")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return dir
}
