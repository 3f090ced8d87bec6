package limit

import "slices"

// days counts person-times by natural day (自然日) in WeCom's time zone, sent and booked ones.
type days struct {
	counts []dayCount // in the order of their days
}

type dayCount struct {
	day  int64 // since 1970
	used int
}

const (
	hour       = 3_600_000 // milliseconds
	dayLength  = 24 * hour
	beijing    = 8 * hour // China has had no summer time since 1991
	perAccount = 200      // person-times a day
)

func dayOf(at int64) int64    { return (at + beijing) / dayLength }
func startOf(day int64) int64 { return day*dayLength - beijing }

func (d *days) find(day int64) (int, bool) {
	return slices.BinarySearchFunc(d.counts, day, func(c dayCount, day int64) int { return int(c.day - day) })
}

func (d *days) add(at int64, n int) {
	if n == 0 {
		return
	}
	i, found := d.find(dayOf(at))
	if !found {
		if n < 0 {
			return
		}
		d.counts = slices.Insert(d.counts, i, dayCount{day: dayOf(at)})
	}
	d.counts[i].used = max(0, d.counts[i].used+n)
}

// room returns the first time from at on whose day has room for n more of most; margin is how long
// after midnight a day begins for WeCom. What is more than a day can hold goes on a day of its own,
// for WeCom to answer.
func (d *days) room(at int64, n, most int, margin int64) int64 {
	for day := dayOf(at); ; day++ {
		i, found := d.find(day)
		if !found || d.counts[i].used == 0 || d.counts[i].used+n <= most {
			if day == dayOf(at) {
				return at
			}
			return wholeSecond(startOf(day) + margin)
		}
	}
}

// forget drops the days before the one before now.
func (d *days) forget(now int64) {
	for len(d.counts) > 0 && d.counts[0].day < dayOf(now)-1 {
		d.counts = d.counts[1:]
	}
}

// rewind moves what was counted for later days to that of now.
func (d *days) rewind(now int64) {
	i, _ := d.find(dayOf(now) + 1)
	moved := 0
	for _, c := range d.counts[i:] {
		moved += c.used
	}
	d.counts = d.counts[:i]
	d.add(now, moved)
}
