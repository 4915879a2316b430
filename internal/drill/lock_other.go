//go:build !unix

package drill

import "os"

// held reports whether f is still where it was made: whoever ends a drill removes it. One that was killed leaves it, and
// the file has to be removed by hand.
func held(f *os.File) bool {
	s, err := os.Stat(f.Name())
	return err == nil && s.Size() > 0
}
