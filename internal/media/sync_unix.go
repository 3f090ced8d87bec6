//go:build !windows

package media

import "os"

// syncDir makes what came into a folder durable.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	err = dir.Sync()
	_ = dir.Close()
	return err
}
