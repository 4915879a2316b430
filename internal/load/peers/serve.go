package main

import (
	"fmt"
	"net"
	"net/http"
	"strings"
)

// serve answers GET /api/trips with 2 KB.
func serve() {
	item := `{"id":"%d","version":1,"title":"A trip to somewhere","price":100}`
	var items []string
	for i := range 29 {
		items = append(items, fmt.Sprintf(item, i+1))
	}
	body := []byte(`{"trips":[` + strings.Join(items, ",") + `],"source":"cache"}`)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	fmt.Println(l.Addr())
	http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(body)
	}))
}
