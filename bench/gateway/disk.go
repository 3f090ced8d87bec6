package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Numbers of file systems that keep nothing (statfs).
const (
	tmpfs = 0x01021994
	ramfs = 0x858458f6
)

// lookAtDisk refuses a folder in memory, where an fsync is none, and says what an fsync costs.
func lookAtDisk(dir string) string {
	var fs syscall.Statfs_t
	check(syscall.Statfs(dir, &fs))
	if fs.Type == tmpfs || fs.Type == ramfs {
		giveUp("%s is in memory: choose a folder on a disk with -dir", dir)
	}
	file, err := os.CreateTemp(dir, "fsync-*")
	check(err)
	defer os.Remove(file.Name())
	defer file.Close()
	block := make([]byte, 4096)
	var times []time.Duration
	for range 500 {
		_, err := file.Write(block)
		check(err)
		began := time.Now()
		check(file.Sync())
		times = append(times, time.Since(began))
	}
	p := percentiles(times)
	return fmt.Sprintf("fsync %v (p99 %v)", p.p50.Round(time.Microsecond), p.p99.Round(10*time.Microsecond))
}

// temp are the folders that there are, of this process.
var temp sync.Map

// tempDir makes a folder that remove takes away.
func (s *settings) tempDir() (dir string, remove func()) {
	dir, err := os.MkdirTemp(s.dir, "bench-gateway-")
	check(err)
	temp.Store(dir, nil)
	return dir, func() {
		check(os.RemoveAll(dir))
		temp.Delete(dir)
	}
}

// forgetTemp removes them all, for want of somebody who will.
func forgetTemp() {
	temp.Range(func(dir, _ any) bool {
		_ = os.RemoveAll(dir.(string))
		return true
	})
}

// size is that of a database with its journal, in bytes.
func size(database string) (total int64) {
	files, err := filepath.Glob(database + "*")
	check(err)
	for _, name := range files {
		info, err := os.Stat(name)
		check(err)
		total += info.Size()
	}
	return total
}
