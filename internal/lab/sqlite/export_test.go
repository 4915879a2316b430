package sqlite

import "context"

// LockFile locks a database as the fault locked does, until release.
func LockFile(ctx context.Context, path string) (release func() error, err error) {
	l, err := lockFile(ctx, path)
	if err != nil {
		return nil, err
	}
	return l.release, nil
}
