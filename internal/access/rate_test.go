package access

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseRate(t *testing.T) {
	for text, want := range map[string]Rate{
		"1/s": {1, time.Second}, "600/m": {600, time.Minute}, "1000000/h": {1_000_000, time.Hour},
	} {
		if got, err := ParseRate(text); got != want || err != nil {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "10", "/s", "0/s", "-1/s", "+1/s", "01/s", "1.5/s", "1e3/s", "10/S", "10/d", "10/sec", "10/1s", "10 /s", " 10/s", "10/s ", "10/s\n",
		"１０/s", "1000001/s", "999999999999999999999/s",
	} {
		got, err := ParseRate(text)
		if err == nil || got != (Rate{}) {
			t.Errorf("%q is read as %v", text, got)
		} else if !strings.Contains(err.Error(), "given") {
			t.Errorf("%q: the error does not say what was given: %v", text, err)
		}
	}
	if text := (Rate{}).String(); text != "" {
		t.Errorf("no rate is %q", text)
	}
}

// What is read is written as it was; nothing else is read.
func FuzzParseRate(f *testing.F) {
	for _, text := range []string{"10/s", "1/h", "0600/m", "1/s/s", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := ParseRate(text); err == nil && (r.String() != text || r.N < 1 || r.N > MaxRate || r.Per == 0) {
			t.Errorf("%q is read as %#v", text, r)
		}
	})
}

func TestRatesAreWrittenAsTheyAreRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Rate{rapid.IntRange(1, MaxRate).Draw(t, "n"), rapid.SampledFrom([]time.Duration{time.Second, time.Minute, time.Hour}).Draw(t, "per")}
		if got, err := ParseRate(r.String()); got != r || err != nil {
			t.Errorf("%v: %v, %v", r, got, err)
		}
	})
}
