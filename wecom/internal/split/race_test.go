//go:build race

package split

const nastySize = 64 << 10 // the race detector makes a megabyte take minutes, and steps grow evenly
