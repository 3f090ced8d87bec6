package limit

import (
	"slices"
	"sort"
)

// lane is bookings in the order of their times. A crowd that waits shares its times by the dozen, so
// that ten thousand who wait take the room of some hundred.
type lane struct {
	runs []run
}

type run struct {
	at int64
	n  int
}

func (l *lane) last() int64 {
	if l == nil || len(l.runs) == 0 {
		return never
	}
	return l.runs[len(l.runs)-1].at
}

func (l *lane) find(at int64) (int, bool) {
	i := sort.Search(len(l.runs), func(i int) bool { return l.runs[i].at >= at })
	return i, i < len(l.runs) && l.runs[i].at == at
}

func (l *lane) add(at int64) {
	if l.last() < at {
		l.runs = append(l.runs, run{at, 1})
		return
	}
	i, found := l.find(at)
	if found {
		l.runs[i].n++
		return
	}
	l.runs = slices.Insert(l.runs, i, run{at, 1})
}

// remove reports whether there was one.
func (l *lane) remove(at int64) bool {
	i, found := l.find(at)
	if !found {
		return false
	}
	if l.runs[i].n--; l.runs[i].n == 0 {
		if i == 0 {
			l.runs = l.runs[1:]
		} else {
			l.runs = slices.Delete(l.runs, i, i+1)
		}
	}
	return true
}
