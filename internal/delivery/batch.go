package delivery

import (
	"context"
	"errors"
)

// Accepted is what became of one of several requests.
type Accepted struct {
	Message  *Message
	Replayed bool  // its key was used before; Message is that of then
	Err      error // of those of Accept; nil if there is a message
}

// AcceptAll is Accept for many requests, in one commit. What is wrong with one of them is told in its
// place, and does not keep the others out; with an error none of them is stored, as far as can be known.
func (in *Intake) AcceptAll(ctx context.Context, requests []Request) ([]Accepted, error) {
	all := make([]Accepted, len(requests))
	for i := range requests {
		r := &requests[i]
		m, err := in.prepare(ctx, r)
		if err != nil {
			all[i].Err = err
			continue
		}
		all[i].Message = m
	}
	return all, in.store(ctx, all)
}

// store stores the messages that were prepared, and hands over what may go at once.
func (in *Intake) store(ctx context.Context, all []Accepted) error {
	var messages []*Message
	var places []int
	for i := range all {
		if all[i].Err == nil {
			var wrong *RequestError
			if err := in.keepFiles(ctx, all[i].Message); errors.As(err, &wrong) {
				all[i].Message, all[i].Err = nil, err
				continue
			} else if err != nil {
				return err
			}
			messages, places = append(messages, all[i].Message), append(places, i)
		}
	}
	if len(messages) == 0 {
		return nil
	}
	promises := make([][]promise, len(messages))
	waits := map[turnOf]bool{}
	for i, m := range messages {
		promises[i] = in.plan(m, waits)
	}
	// Whether they are stored must be known, also when the program has gone: workers wait for them.
	added, err := in.outbox.AddAll(context.WithoutCancel(ctx), messages)
	for i, m := range messages {
		stored := err == nil && added[i] == (Added{})
		in.takeBack(m, promises[i], stored)
		if stored {
			in.dispatcher.accepted(m, promises[i])
		}
	}
	if err != nil {
		return err
	}
	for i, a := range added {
		one := &all[places[i]]
		switch {
		case a.Err != nil:
			one.Message, one.Err = nil, a.Err
		case a.Earlier != 0:
			one.Replayed = true
			if one.Message, one.Err = in.outbox.Message(ctx, a.Earlier); one.Err != nil {
				one.Message = nil
			}
		}
	}
	return nil
}
