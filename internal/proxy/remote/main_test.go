package remote_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/trektribe/bench/internal/proxy/remote/toxitest"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == toxitest.Arg {
		fmt.Fprintln(os.Stderr, toxitest.Serve())
		os.Exit(1)
	}
	os.Exit(m.Run())
}
