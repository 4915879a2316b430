package cache_test

import (
	"strings"
	"testing"

	"github.com/trektribe/bench/target/cache"
)

func TestAddressesAreOfOneServerOfSentinelsOrOfACluster(t *testing.T) {
	for text, want := range map[string]string{
		"redis://:secret@localhost:7/1":                            "localhost:7",
		"redis+sentinel://:secret@h1:1,h2:2,h3:3/mymaster/2":       "mymaster of h1:1,h2:2,h3:3",
		"redis+sentinel://h1:1/my%20master":                        "my master of h1:1",
		"redis+sentinel://u:secret@h1:1,h2:2/mymaster?pool_size=3": "mymaster of h1:1,h2:2",
		"redis+cluster://:secret@h1:1,h2:2":                        "cluster of h1:1,h2:2",
		"redis+cluster://:se@cret@[::1]:1/0":                       "cluster of [::1]:1",
		"redis+sentinel://:secret@h1:1,h2:2":                       "", // no name
		"redis+sentinel://:secret@h1,h2:2/mymaster":                "", // no port
		"redis+sentinel://:secret@h1:1/mymaster/x":                 "",
		"redis+cluster://:secret@h1:1/3":                           "", // a cluster has one database
		"redis+cluster://:secret@":                                 "",
		"http://:secret@h1:1":                                      "",
	} {
		got, err := cache.ParseAddress(text)
		if got.String() != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v; want %q", text, got, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret@") {
			t.Errorf("%s: the error shows the password: %v", text, err)
		}
	}
}
