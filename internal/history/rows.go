package history

import (
	"fmt"
	"slices"
	"time"

	"github.com/parquet-go/parquet-go"
)

// row is a Request as a line of requests.parquet. Instants and durations are
// nanoseconds on the run's clock, said in the column's name, so that any tool
// that reads Parquet can use the file without this package.
type row struct {
	Arm      string `parquet:"arm,dict"`
	Stream   string `parquet:"stream,dict"`
	Phase    string `parquet:"phase,dict"`
	Instance string `parquet:"instance,dict"`
	Seq      uint64 `parquet:"seq,delta"`
	Method   string `parquet:"method,dict"`
	Key      string `parquet:"key,dict"`
	Intended int64  `parquet:"intended_ns,delta"`
	Sent     int64  `parquet:"sent_ns,delta"`
	Done     int64  `parquet:"done_ns,delta"`
	Queued   bool   `parquet:"queued"`
	Status   int64  `parquet:"status,dict"`
	Failure  string `parquet:"failure,dict"`
	Source   string `parquet:"source,dict"`
	Version  int64  `parquet:"version,delta"`
	Bytes    int64  `parquet:"bytes,delta"`
	Client   string `parquet:"client,dict"`
	Headers  string `parquet:"headers,dict"`
	Ref      string `parquet:"ref"` // most differ
	Answer   string `parquet:"answer,dict"`
}

// later are the columns that files of older versions lack: there they are empty.
var later = []string{"client", "headers", "ref", "answer"}

func rowOf(r *Request) row {
	return row{
		Arm: r.Arm, Stream: r.Stream, Phase: r.Phase, Instance: r.Instance,
		Seq: r.Seq, Method: r.Method, Key: r.Key,
		Intended: int64(r.Intended), Sent: int64(r.Sent), Done: int64(r.Done),
		Queued: r.Queued, Status: int64(r.Status), Failure: string(r.Failure),
		Source: r.Source, Version: r.Version, Bytes: int64(r.Bytes),
		Client: r.Client, Headers: r.Headers, Ref: r.Ref, Answer: r.Answer,
	}
}

func (r *row) request() Request {
	return Request{
		Arm: r.Arm, Stream: r.Stream, Phase: r.Phase, Instance: r.Instance,
		Seq: r.Seq, Method: r.Method, Key: r.Key,
		Intended: time.Duration(r.Intended), Sent: time.Duration(r.Sent), Done: time.Duration(r.Done),
		Queued: r.Queued, Status: int(r.Status), Failure: Failure(r.Failure),
		Source: r.Source, Version: r.Version, Bytes: int(r.Bytes),
		Client: r.Client, Headers: r.Headers, Ref: r.Ref, Answer: r.Answer,
	}
}

// sameSchema says how the columns of a file differ from a row's. A column too
// many counts too: a file that says more than this program understands was
// written by another version, and judging half of it could be wrong.
func sameSchema(got, want *parquet.Schema) error {
	for _, path := range want.Columns() {
		w, _ := want.Lookup(path...)
		g, ok := got.Lookup(path...)
		switch {
		case !ok && slices.Contains(later, path[0]):
		case !ok:
			return fmt.Errorf("column %q is missing; was the file written by another version?", path[0])
		case !parquet.EqualTypes(g.Node.Type(), w.Node.Type()) || !g.Node.Required():
			return fmt.Errorf("column %q is %s, want %s", path[0], g.Node.Type(), w.Node.Type())
		}
	}
	for _, path := range got.Columns() {
		if _, ok := want.Lookup(path...); !ok {
			return fmt.Errorf("column %q is not known; was the file written by another version?", path[0])
		}
	}
	return nil
}

// commandRow is a Command as a line of commands.parquet.
type commandRow struct {
	Arm      string `parquet:"arm,dict"`
	Instance string `parquet:"instance,dict"`
	Conn     uint64 `parquet:"conn,delta"`
	Opened   int64  `parquet:"opened_ns,delta"`
	Name     string `parquet:"name,dict"`
	Key      string `parquet:"key,dict"`
	TTL      int64  `parquet:"ttl_ns,delta"`
	Sent     int64  `parquet:"sent_ns,delta"`
	Answered int64  `parquet:"answered_ns,delta"`
	Reply    string `parquet:"reply,dict"`
	Error    string `parquet:"error,dict"`
	Found    bool   `parquet:"found"`
	Asked    int64  `parquet:"request_bytes,delta"`
	Bytes    int64  `parquet:"reply_bytes,delta"`
}

func commandRowOf(c *Command) commandRow {
	return commandRow{
		Arm: c.Arm, Instance: c.Instance, Conn: c.Conn, Opened: int64(c.Opened), Name: c.Name, Key: c.Key, TTL: int64(c.TTL),
		Sent: int64(c.Sent), Answered: int64(c.Answered), Reply: string(c.Reply), Error: c.Error, Found: c.Found,
		Asked: int64(c.Asked), Bytes: int64(c.Bytes),
	}
}

func (r *commandRow) command() Command {
	return Command{
		Arm: r.Arm, Instance: r.Instance, Conn: r.Conn, Opened: time.Duration(r.Opened), Name: r.Name, Key: r.Key, TTL: time.Duration(r.TTL),
		Sent: time.Duration(r.Sent), Answered: time.Duration(r.Answered), Reply: Reply(r.Reply), Error: r.Error, Found: r.Found,
		Asked: int(r.Asked), Bytes: int(r.Bytes),
	}
}
