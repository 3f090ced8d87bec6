//go:build !unix

package wecom

import "io/fs"

const noFollow = 0

// checkPrivate has nothing to look at: the mode of a folder does not tell here who may write to it.
func checkPrivate(string, fs.FileInfo) error { return nil }
