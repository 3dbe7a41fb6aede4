package rights

import "strings"

// Markdown is the table of rights as the documentation shows it.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| right |")
	for _, r := range roles {
		b.WriteString(" `" + string(r) + "` |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(roles)) + "\n")
	for _, row := range table {
		b.WriteString("| `" + string(row.Action) + "` |")
		for _, r := range roles {
			if r.May(row.Action) {
				b.WriteString(" ✓ |")
			} else {
				b.WriteString(" – |")
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
