// Package container is what the lab asks a container engine, by its command
// docker: whether it is there, whether it has an image, to hurt a container, and
// to remove whatever bears a run's mark. It never touches what does not bear it,
// never pulls, and starts nothing: that is a process like any other, whose
// container is named and marked here.
package container

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// label marks what belongs to a run; its value is the token of the run's lease.
	label = "bench.lease"
	// oldest is the API of the oldest engine that this was tried with: Docker 20.10.
	oldest = "1.41"
	// callWithin bounds one question to the engine. Most take 50 ms; removing takes longest.
	callWithin = 15 * time.Second
	// sweepWithin bounds the removal of a run's leavings.
	sweepWithin = 60 * time.Second
	// sweepAgain is the pause between two looks for leavings: an engine that was asked for a container just before its
	// client was killed makes it all the same, within 0.3 s on two busy processors.
	sweepAgain = 500 * time.Millisecond
)

// Check says why no container of the image can be started here, and how to mend that; nil: one can.
func Check(image string) error {
	if _, err := Engine(); err != nil {
		return err
	}
	if _, err := docker("image", "inspect", "--format", "{{.Id}}", image); err != nil {
		return fmt.Errorf("the engine has no image %s: run make images", image)
	}
	return nil
}

// Engine is which engine answers, or why none can be used.
func Engine() (version string, err error) {
	if _, err := exec.LookPath("docker"); err != nil {
		return "", errors.New("docker is not on PATH: install it (apt-get install docker.io, or Docker Desktop)")
	}
	text, err := docker("version", "--format", "{{.Server.Version}} {{.Server.APIVersion}}")
	if err != nil {
		return "", fmt.Errorf("no container engine answers: start it (service docker start), or set DOCKER_HOST; %w", err)
	}
	version, api, _ := strings.Cut(text, " ")
	if older(api, oldest) {
		return "", fmt.Errorf("the container engine %s speaks API %s, and %s is the least: update it", version, api, oldest)
	}
	return version, nil
}

// older compares "1.41" with "1.9" by numbers.
func older(api, than string) bool {
	numbers := func(s string) (n []int) {
		for part := range strings.SplitSeq(s, ".") {
			i, _ := strconv.Atoi(part)
			n = append(n, i)
		}
		return n
	}
	return slices.Compare(numbers(api), numbers(than)) < 0
}

// Marked is a command that runs a container in the foreground, docker run or docker-compose run, with the name and the
// run's mark for it.
func Marked(argv []string, name, token string) []string {
	at := slices.Index(argv, "run") + 1
	return slices.Insert(slices.Clone(argv), at, "--name", name, "--label", Mark(token))
}

// Mark is the label of all that belongs to the run of that lease: "bench.lease=TOKEN".
func Mark(token string) string { return label + "=" + token }

// Kill ends a container at once, also a paused one.
func Kill(name string) error {
	Resume(name) // some engines leave a paused one as it is
	_, err := docker("kill", name)
	return err
}

// Terminate asks a container's first process to end.
func Terminate(name string) error {
	_, err := docker("kill", "--signal", "TERM", name)
	return err
}

// Pause takes the processor away from all processes of a container; it returns when none can run any more.
func Pause(name string) error {
	_, err := docker("pause", name)
	return err
}

// Resume gives it back. That it was not taken away is no error.
func Resume(name string) { docker("unpause", name) }

// Remove removes a container with its unnamed volumes. That there is none is no error.
func Remove(name string) { docker("rm", "--force", "--volumes", name) }

// Removed reports whether there is no container of that name, not even one that has ended.
func Removed(name string) (bool, error) {
	found, err := docker("container", "ls", "--all", "--quiet", "--filter", "name=^/"+name+"$")
	return found == "", err
}

// PID is the number of a container's first process on this machine; 0: it does not run, or on another machine.
func PID(name string) int {
	text, err := docker("container", "inspect", "--format", "{{.State.Pid}} {{.Id}}", name)
	pid, id, _ := strings.Cut(text, " ")
	groups, errGroups := os.ReadFile("/proc/" + pid + "/cgroup")
	if err != nil || errGroups != nil || !strings.Contains(string(groups), id) {
		return 0
	}
	n, _ := strconv.Atoi(pid)
	return n
}

// Image is the image that a container was made of, as it was named, and its size in bytes with all its layers, unpacked.
func Image(name string) (image string, size int64, err error) {
	text, err := docker("container", "inspect", "--format", "{{.Config.Image}} {{.Image}}", name)
	if err != nil {
		return "", 0, err
	}
	image, id, _ := strings.Cut(text, " ")
	if text, err = docker("image", "inspect", "--format", "{{.Size}}", id); err != nil {
		return "", 0, err
	}
	size, err = strconv.ParseInt(text, 10, 64)
	return image, size, err
}

// Gateway is the address of this machine by which containers in a network reach it.
func Gateway(network string) (string, error) {
	at, err := docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", network)
	if err == nil && net.ParseIP(at) == nil {
		err = fmt.Errorf("network %s has no gateway to this machine, which containers need to reach the lab's proxies: use a bridge", network)
	}
	return at, err
}

// Sweep removes all that bears the run's mark: containers, networks and volumes. It returns when two looks in a row found
// nothing.
func Sweep(token string) error {
	filter := "label=" + Mark(token)
	kinds := []struct{ list, remove []string }{
		{[]string{"container", "ls", "--all"}, []string{"container", "rm", "--force", "--volumes"}},
		{[]string{"network", "ls"}, []string{"network", "rm"}},
		{[]string{"volume", "ls"}, []string{"volume", "rm", "--force"}},
	}
	deadline := time.Now().Add(sweepWithin)
	for empty := 0; empty < 2; time.Sleep(sweepAgain) {
		empty++
		for _, k := range kinds {
			left, err := docker(append(k.list, "--quiet", "--filter", filter)...)
			if err == nil && left != "" {
				empty = 0
				_, err = docker(append(slices.Clone(k.remove), strings.Fields(left)...)...)
			}
			if err != nil {
				empty = 0
				if time.Now().After(deadline) {
					return fmt.Errorf("containers are left: docker ps -a --filter %s: %w", filter, err)
				}
			}
		}
	}
	return nil
}

// docker is what one of its commands says, without blanks around it. The error is what it complained of.
func docker(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), callWithin)
	defer cancel()
	var complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, "docker", args...)
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if ctx.Err() != nil {
		err = fmt.Errorf("no answer within %v", callWithin)
	}
	if err != nil {
		line, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n")
		return "", fmt.Errorf("docker %s: %w: %s", args[0], err, line)
	}
	return strings.TrimSpace(string(out)), nil
}
