package main

import (
	"context"
	"regexp"
)

// watchCalm watches networks that are well, or rough and no worse, for a while: nothing blocking may be said.
func (o *options) watchCalm(ctx context.Context, match *regexp.Regexp) error {
	return nil
}
