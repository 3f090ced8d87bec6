package sqlite

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// spanBits is how many of the lowest bits of a message's id are within a span of terms.
const spanBits = 35

func spanOf(id delivery.MessageID) int64 { return int64(id) >> spanBits }

var (
	insertTerm  = prepare(`INSERT INTO terms (span, term, message) VALUES (?,?,?) ON CONFLICT DO NOTHING`)
	insertTerms = prepare(`INSERT INTO terms (span, term, message) SELECT ?, value, ? FROM json_each(?) WHERE true ON CONFLICT DO NOTHING`)
	// What is dropped is checked in the same transaction: a span has no messages, nor gets any but the
	// one of today.
	dropTerms = prepare(`DELETE FROM terms WHERE (span, term, message) IN (SELECT span, term, message FROM terms WHERE span = ?1 LIMIT ?2)
		AND NOT EXISTS (SELECT 1 FROM deliveries WHERE id >= ?1 << 47 AND id < (?1 + 1) << 47)`)
)

// The terms that messages are found by.
func senderTerm(s delivery.Sender) string { return "s:" + string(s) }
func userTerm(user string) string         { return "u:" + strings.ToLower(user) }
func partyTerm(id int) string             { return "p:" + strconv.Itoa(id) }
func tagTerm(id int) string               { return "t:" + strconv.Itoa(id) }
func labelTerm(label string) string       { return "l:" + label }

const everybodyTerm = "a:"

// termsOf lists what a message is found by, each once, in order.
func termsOf(m *delivery.Message) []string {
	terms := make([]string, 1, 4)
	terms[0] = senderTerm(m.Sender)
	for _, label := range delivery.LabelTexts(m.Labels) {
		terms = append(terms, labelTerm(label))
	}
	for i := range m.Deliveries {
		to := m.Deliveries[i].Content.To()
		for _, user := range to.Users {
			terms = append(terms, userTerm(user))
		}
		for _, id := range to.Parties {
			terms = append(terms, partyTerm(id))
		}
		for _, id := range to.Tags {
			terms = append(terms, tagTerm(id))
		}
		if to.All {
			terms = append(terms, everybodyTerm)
		}
	}
	slices.Sort(terms)
	return slices.Compact(terms)
}

// enter makes a message known by its terms.
func (t *tx) enter(id delivery.MessageID, terms []string) error {
	const few = 8
	if len(terms) <= few {
		for _, term := range terms {
			if err := t.exec(insertTerm, spanOf(id), term, int64(id)); err != nil {
				return err
			}
		}
		return nil
	}
	list, err := json.Marshal(terms)
	if err != nil {
		return t.fail(err)
	}
	return t.exec(insertTerms, spanOf(id), int64(id), string(list))
}

// pruneTerms forgets terms of spans all of whose messages are forgotten, up to a bound.
func (o *Outbox) pruneTerms(ctx context.Context) error {
	const mostPieces = 50
	var spans []int64
	const query = `WITH RECURSIVE s (span) AS (SELECT min(span) FROM terms
			UNION ALL SELECT (SELECT min(span) FROM terms WHERE span > s.span) FROM s WHERE s.span IS NOT NULL)
		SELECT span FROM s WHERE span IS NOT NULL AND NOT EXISTS (SELECT 1 FROM deliveries WHERE id >= span << 47 AND id < (span + 1) << 47)`
	err := o.each(ctx, query, nil, func(scan func(...any) error) error {
		var span int64
		err := scan(&span)
		spans = append(spans, span)
		return err
	})
	if err != nil {
		return err
	}
	for pieces := 0; len(spans) > 0 && pieces < mostPieces; pieces++ {
		var n int64
		err := o.writer.write(ctx, func(t *tx) (err error) {
			n, err = t.update(dropTerms, spans[0], int64(maxPiece))
			return err
		})
		if err != nil {
			return err
		}
		if n < maxPiece {
			spans = spans[1:]
		}
	}
	return nil
}
