//go:build !race

package split

const nastySize = 1 << 20
