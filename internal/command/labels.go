package command

import (
	"maps"
	"slices"
	"strings"
)

// showLabels are labels in one line, in the order of their names.
func showLabels(labels map[string]string) string {
	parts := make([]string, 0, len(labels))
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, name+"="+labels[name])
	}
	return strings.Join(parts, " ")
}
