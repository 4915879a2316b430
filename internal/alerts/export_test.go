package alerts

import "net/http"

// Through sends p's questions somewhere else.
func Through(p *Prometheus, by http.RoundTripper) { p.client.Transport = by }
