package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

type percentile struct{ p50, p99, worst time.Duration }

func percentiles(times []time.Duration) percentile {
	slices.Sort(times)
	n := len(times)
	return percentile{times[n/2], times[n*99/100], times[n-1]}
}

// round is what one round showed.
type round struct {
	rate float64    // messages a second
	took percentile // of a request
	cpu  float64    // microseconds a message of the process that is measured
}

// rounds are those of one side.
type rounds []round

func (all rounds) rate() float64 { return all.median(func(r round) float64 { return r.rate }) }
func (all rounds) cpu() float64  { return all.median(func(r round) float64 { return r.cpu }) }
func (all rounds) p99() time.Duration {
	return time.Duration(all.median(func(r round) float64 { return float64(r.took.p99) }))
}

func (all rounds) median(get func(round) float64) float64 {
	values := make([]float64, len(all))
	for i, r := range all {
		values[i] = get(r)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// inTurns makes rounds of several sides, each of them first in its turn.
func inTurns(n int, sides ...func() round) []rounds {
	results := make([]rounds, len(sides))
	for i := range n {
		for k := range sides {
			side := (i + k) % len(sides)
			results[side] = append(results[side], sides[side]())
		}
	}
	return results
}

func perSecond(rate float64) string { return thousands(int(rate+0.5)) + "/s" }

// thousands writes 12345 as 12,345.
func thousands(n int) string {
	text := fmt.Sprint(n)
	var parts []string
	for len(text) > 3 {
		parts = append([]string{text[len(text)-3:]}, parts...)
		text = text[:len(text)-3]
	}
	return strings.Join(append([]string{text}, parts...), ",")
}

func percent(a, b float64) string { return fmt.Sprintf("%.0f %%", 100*a/b) }

func times(a, b float64) string { return fmt.Sprintf("%.2f ×", a/b) }

// ms writes a time in milliseconds.
func ms(d time.Duration) string {
	x := float64(d) / float64(time.Millisecond)
	return strconv.FormatFloat(x, 'f', max(0, 2-int(math.Log10(max(x, 1)))), 64) + " ms"
}

// mb writes a number of bytes.
func mb(bytes int64) string { return fmt.Sprintf("%.0f MB", float64(bytes)/(1<<20)) }
