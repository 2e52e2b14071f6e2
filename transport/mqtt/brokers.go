package mqtt

import (
	"context"
	"errors"
	"time"
)

// DialAny tries brokers one after another until a link stands, and says which it is. Each gets its share of the time that ctx leaves:
// one that fails at once leaves more to the others. The error holds what each said, in a chain of [*DialError].
func DialAny(ctx context.Context, brokers []Options) (*Link, int, error) {
	var first, last *DialError
	for i, o := range brokers {
		l, err := dialShare(ctx, o, len(brokers)-i)
		if err == nil {
			return l, i, nil
		}
		var failed *DialError
		if !errors.As(err, &failed) {
			return nil, i, err // options that cannot work are nobody's failure
		}
		if first == nil {
			first = failed
		} else {
			last.Next = failed
		}
		last = failed
		if ctx.Err() != nil {
			break
		}
	}
	if first == nil {
		return nil, 0, errors.New("mqtt: no broker is given")
	}
	return nil, 0, first
}

func dialShare(ctx context.Context, o Options, among int) (*Link, error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/time.Duration(among))
		defer cancel()
	}
	return Dial(ctx, o)
}
