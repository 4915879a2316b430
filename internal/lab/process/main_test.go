package process_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/lab/disk"
	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/proxy/remote/toxitest"
)

// TestMain lets the test binary be its own children: `go test` never gives it a
// first argument without a dash.
func TestMain(m *testing.M) {
	role := ""
	if len(os.Args) > 1 {
		role = os.Args[1]
	}
	var err error
	switch role {
	case "watchdog":
		err = process.Watchdog(os.Stdin, os.Stdout)
	case "harness":
		err = harness()
	case "parent":
		err = parent()
	case "mounts":
		if _, err = disk.Mount(os.Args[2]); err == nil {
			fmt.Println("up")
			time.Sleep(time.Minute)
		}
	case "linger":
		signal.Ignore(syscall.SIGTERM)
		time.Sleep(time.Minute)
	case toxitest.Arg:
		err = toxitest.Serve()
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// parent has a child that leaves its group.
func parent() error {
	cmd := exec.Command(os.Args[0], "linger")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	fmt.Println("up")
	time.Sleep(time.Minute)
	return nil
}

// children is how many processes a harness starts, each with a child of its own.
const children = 2

// harness listens on a port for each process that it starts, stops them where STOP is set, and waits to be killed,
// or to lose the lease; with EAT it runs out of memory.
func harness() (err error) {
	l, err := process.Open(os.Args[:1], os.Environ())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close(context.Background())) }()
	tmp, err := l.TempDir()
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	for i := range children {
		door, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer door.Close()
		name := fmt.Sprint("child-", i)
		p, err := l.Start(process.Command{Name: name, Argv: []string{os.Args[0], "parent"}, Env: os.Environ(), Log: filepath.Join(os.Getenv("DIR"), name)}, nil)
		if err != nil {
			return err
		}
		defer p.Kill()
		for len(p.Lines()) == 0 {
			time.Sleep(time.Millisecond)
		}
		if os.Getenv("STOP") != "" {
			if err := p.Pause(context.Background()); err != nil {
				return err
			}
		}
	}
	fmt.Println("up")
	if os.Getenv("EAT") != "" {
		eat()
	}
	select {
	case <-l.Gone():
		return l.Lost()
	case <-time.After(time.Minute):
		return nil
	}
}

// eat takes memory until there is no more, which the runtime does not survive.
func eat() {
	var all [][]byte
	limit := syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20} // what is mapped already is more, and stays
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &limit); err != nil {
		panic(err)
	}
	for {
		all = append(all, make([]byte, 1<<20))
	}
}

// ended is what a process that ends by itself leaves for people.
func TestAProcessThatEndsIsDescribedWithoutItsSecrets(t *testing.T) {
	l, err := process.Open(os.Args[:1], os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	log := filepath.Join(t.TempDir(), "log")
	p, err := l.Start(process.Command{Name: "x", Argv: []string{"sh", "-c", "echo hunter2 is wrong; exit 3"}, Env: os.Environ(), Log: log, Hidden: []string{"hunter2"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if err := p.Died(); err == nil || !strings.Contains(err.Error(), "x exited by itself (exit status 3)") || !strings.Contains(err.Error(), "xxxxx is wrong") {
		t.Errorf("Died: %v", err)
	}
	if err := errors.Join(p.Stop(t.Context()), p.Kill()); err != nil {
		t.Error(err)
	}
}
