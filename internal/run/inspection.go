package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/trektribe/bench/internal/inspect"
)

// tableOf is the table of an arm; nil: it was not inspected.
func tableOf(tables []inspect.Table, arm string) *inspect.Table {
	i := slices.IndexFunc(tables, func(t inspect.Table) bool { return t.Arm == arm })
	if i < 0 {
		return nil
	}
	return &tables[i]
}

const inspectionFile = "inspection.json"

// saveInspection keeps the tables in a run's folder.
func saveInspection(dir string, tables []inspect.Table) error {
	return write(filepath.Join(dir, inspectionFile), func(f *os.File) error {
		e := json.NewEncoder(f)
		e.SetIndent("", "  ")
		return e.Encode(tables)
	})
}

// readInspection reads them; none: the service was not inspected.
func readInspection(dir string) ([]inspect.Table, error) {
	path := filepath.Join(dir, inspectionFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var tables []inspect.Table
	if err == nil {
		err = json.Unmarshal(b, &tables)
	}
	if err != nil {
		return nil, fmt.Errorf("%s says which claims can be judged, and cannot be read: %w", path, err)
	}
	return tables, nil
}
