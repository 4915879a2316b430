package history_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/quick"

	"github.com/trektribe/bench/internal/history"
)

// saveCommands writes a round with commands only.
func saveCommands(t testing.TB, commands []history.Command) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "round")
	w, err := history.CreateRound(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range commands {
		w.Command(c)
	}
	if err := w.Close(true); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCommandsComeBackAsTheyWere(t *testing.T) {
	law := func(commands []history.Command) bool {
		var want []history.Command
		for i := range commands {
			c := &commands[i]
			for _, s := range []*string{&c.Instance, &c.Name, &c.Key, (*string)(&c.Reply), &c.Error} {
				*s = strings.ToValidUTF8(*s, "?")
			}
			if c.Arm = "a"; i%3 == 0 {
				c.Arm = "b"
			} else {
				want = append(want, *c)
			}
		}
		round := open(t, saveCommands(t, commands))
		got := slices.Collect(round.Arm("a").Commands())
		if err := round.Err(); err != nil {
			t.Error(err)
		}
		return reflect.DeepEqual(got, want)
	}
	if err := quick.Check(law, &quick.Config{MaxCount: 30}); err != nil {
		t.Error(err)
	}
}

// A round without the file has no commands; one whose file is cut says so, but only to who asks for them.
func TestCommandsAreReadOnlyWhenAskedFor(t *testing.T) {
	path := func(dir string) string { return filepath.Join(dir, "commands.parquet") }
	many := make([]history.Command, 10_000)
	for i := range many {
		many[i] = history.Command{Arm: "a", Name: "GET", Key: strings.Repeat("k", i%50)}
	}
	old := saveCommands(t, nil)
	if err := os.Remove(path(old)); err != nil {
		t.Fatal(err)
	}
	if round := open(t, old); len(slices.Collect(round.Arm("a").Commands())) != 0 || round.Err() != nil {
		t.Errorf("an old round: %v, want no commands and no error", round.Err())
	}
	cut := saveCommands(t, many)
	whole, err := os.Stat(path(cut))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path(cut), whole.Size()/2); err != nil {
		t.Fatal(err)
	}
	round := open(t, cut)
	if got := slices.Collect(round.Arm("a").Requests()); round.Err() != nil {
		t.Errorf("reading %d requests: %v, want no error", len(got), round.Err())
	}
	if got := slices.Collect(round.Arm("a").Commands()); len(got) > 0 || round.Err() == nil || !strings.Contains(round.Err().Error(), path(cut)) {
		t.Errorf("%d commands and %v, want an error that names %s", len(got), round.Err(), path(cut))
	}
}

// Commands never wait for the disk: what finds no room is counted.
func TestCommandsThatFindNoRoomAreCounted(t *testing.T) {
	const many = 400_000
	dir := filepath.Join(t.TempDir(), "round")
	w, err := history.CreateRound(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := history.Command{Arm: "a", Name: "GET", Reply: history.ReplyNil}
	for range many {
		w.Command(c)
	}
	if err := w.Close(true); err != nil {
		t.Fatal(err)
	}
	w.Command(c) // a connection may outlive its round
	if err := w.Err(); err != nil {
		t.Errorf("a command after Close is an error: %v", err)
	}
	round := open(t, dir)
	got := len(slices.Collect(round.Arm("a").Commands()))
	for e := range round.Arm("a").Events() {
		if e.Kind == history.Wire && e.Name == history.WireDropped {
			got += int(e.Value)
		}
	}
	if got != many || !round.Whole() {
		t.Errorf("%d commands are recorded or counted as dropped, want %d", got, many)
	}
}

func BenchmarkWriterCommand(b *testing.B) {
	w, err := history.CreateRound(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	c := history.Command{Arm: "a", Instance: "1", Name: "GET", Key: "cache:trip:1234", Reply: history.ReplyValue, Found: true}
	for b.Loop() {
		c.Sent += 1000
		c.Answered = c.Sent + 500
		w.Command(c)
	}
	if err := w.Close(true); err != nil {
		b.Fatal(err)
	}
}
