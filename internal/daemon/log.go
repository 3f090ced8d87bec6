package daemon

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/internal/config"
)

// NewLog returns a log that writes as the configuration says, and its level, which may be changed.
func NewLog(w io.Writer, c config.Log) (*slog.Logger, *slog.LevelVar) {
	level := &slog.LevelVar{}
	_ = level.UnmarshalText([]byte(c.Level)) // the configuration was checked
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: readable}
	if strings.EqualFold(c.Format, "json") {
		return slog.New(slog.NewJSONHandler(w, options)), level
	}
	return slog.New(slog.NewTextHandler(w, options)), level
}

// readable writes what has a name by that name, such as the status of a delivery: JSON would show the
// number.
func readable(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindDuration:
		return slog.Float64(a.Key+"_ms", float64(a.Value.Duration().Round(10*time.Microsecond))/float64(time.Millisecond))
	case slog.KindAny:
		if named, ok := a.Value.Any().(fmt.Stringer); ok {
			return slog.String(a.Key, named.String())
		}
	}
	return a
}
