package main

import (
	"context"
	"errors"
)

func runAPIBackup(ctx context.Context, env *environment, o apiOptions, output string) error {
	return errors.New("not yet")
}

func runAPIRestore(ctx context.Context, env *environment, o apiOptions, args []string) error {
	return errors.New("not yet")
}
