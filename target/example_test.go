package target_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/trektribe/bench/target"
)

func ExampleRun() {
	env := map[string]string{"PORT": "0", "INSTANCE": "a"}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() {
		ended <- target.Run(ctx, func(name string) string { return env[name] }, io.Discard,
			target.Options{Ready: func(a net.Addr) { ready <- a }})
	}()
	resp, err := http.Get("http://" + (<-ready).String() + "/health")
	if err != nil {
		fmt.Println(err)
		return
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	fmt.Print(string(body))
	stop()
	fmt.Println(<-ended)
	// Output:
	// {"instance":"a","redis":"unconfigured","status":"ok"}
	// <nil>
}
