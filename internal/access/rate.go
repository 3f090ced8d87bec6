package access

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Rate is how much may be asked with a key: N in each Per, all of it at once if nothing was asked for so
// long. The zero value means as much as is wanted.
type Rate struct {
	N   int
	Per time.Duration // a second, a minute or an hour
}

// MaxRate is the largest N of a [Rate].
const MaxRate = 1_000_000

var (
	rateForm = regexp.MustCompile(`^([1-9][0-9]{0,8})/([smh])$`)
	rateUnit = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}
)

// ParseRate reads a rate as String writes it: 10/s, 600/m or 1000/h, with a whole number from 1 to
// [MaxRate]. The error says what was given.
func ParseRate(text string) (Rate, error) {
	parts := rateForm.FindStringSubmatch(text)
	if parts == nil {
		return Rate{}, fmt.Errorf("a rate is a whole number, and /s, /m or /h for a second, a minute or an hour, such as 10/s; given %.40q", text)
	}
	n, _ := strconv.Atoi(parts[1])
	if n > MaxRate {
		return Rate{}, fmt.Errorf("a rate is at most %d, given %s", MaxRate, text)
	}
	return Rate{n, rateUnit[parts[2]]}, nil
}

// String is "10/s", or "" where there is none.
func (r Rate) String() string {
	for name, unit := range rateUnit {
		if unit == r.Per {
			return strconv.Itoa(r.N) + "/" + name
		}
	}
	return ""
}
