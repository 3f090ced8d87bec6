package sqlite_test

import "testing"

// BenchmarkBacklogs counts a hundred thousand that wait.
func BenchmarkBacklogs(b *testing.B) {
	o := open(b, fresh(b))
	fill(b, o, 100_000)
	for b.Loop() {
		if all, err := o.Backlogs(b.Context()); err != nil || len(all) == 0 {
			b.Fatal(all, err)
		}
	}
}
