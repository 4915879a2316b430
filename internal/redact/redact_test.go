package redact_test

import (
	"testing"

	"github.com/trektribe/bench/internal/redact"
)

func TestAValueIsSecretByItsName(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"API_TOKEN", "abc", "xxxxx"},
		{"DATABASE_PASSWORD", "abc", "xxxxx"},
		{"AWS_SECRET_ACCESS_KEY", "abc", "xxxxx"},
		{"SENTRY_DSN", "https://abc@host/1", "xxxxx"},
		{"API_TOKEN", "", ""},
		{"MONGODB_URI", "mongodb://u:abc@host/db", "mongodb://xxxxx@host/db"},
		{"TTL_TRIPS", "2s", "2s"},
		{"GREETING", "good day", "good day"},
	} {
		if got := redact.Variable(c.name, c.value); got != c.want {
			t.Errorf("%s=%s is shown as %q, want %q", c.name, c.value, got, c.want)
		}
	}
}
