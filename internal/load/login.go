package load

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/traffic"
)

// Login makes the login of a contract at one instance, once, and returns its cookies for
// Target.Jar. Without a status of its own, an answer of 200 to 399 is right.
func Login(ctx context.Context, call contract.Call, root string) (http.CookieJar, error) {
	u, err := url.Parse(strings.TrimRight(root, "/") + call.Path)
	if err != nil {
		return nil, err
	}
	way := netHTTP{&http.Transport{DisableCompression: true, DisableKeepAlives: true}}
	defer way.close()
	header := call.Header()
	header.Set("User-Agent", "bench")
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	m := message{method: call.Method, url: u, header: header}
	if call.Body != "" {
		m.body = template(traffic.Split(call.Body)).fill(blanks{client: "bench"})
	}
	var body bytes.Buffer
	answer, err := way.exchange(ctx, m, &body)
	if err != nil {
		return nil, err
	}
	right := answer.Status >= 200 && answer.Status < 400
	if len(call.Status) > 0 {
		right = slices.Contains(call.Status, answer.Status)
	}
	if !right {
		return nil, fmt.Errorf("it answers %d", answer.Status)
	}
	jar, _ := cookiejar.New(nil) // without options: no error
	keepCookies(jar, u, answer.Header)
	return jar, nil
}

// dress adds the cookies of a jar to a message, whose header nobody shares; nil: there is none.
func dress(jar http.CookieJar, m message) {
	if jar == nil {
		return
	}
	request := http.Request{Header: m.header}
	for _, cookie := range jar.Cookies(m.url) {
		request.AddCookie(cookie)
	}
}

// keepCookies keeps the cookies of an answer in a jar; nil: there is none.
func keepCookies(jar http.CookieJar, from *url.URL, answered http.Header) {
	if jar == nil || len(answered["Set-Cookie"]) == 0 {
		return
	}
	jar.SetCookies(from, (&http.Response{Header: answered}).Cookies())
}
