package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const width = 256

// source is where a log is: an address or a folder.
type source string

func (s source) read(path string) ([]byte, error) {
	if !strings.HasPrefix(string(s), "http") {
		return os.ReadFile(filepath.Join(string(s), path))
	}
	answer, err := http.Get(string(s) + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// leaves reads all entry bundles (C2SP tlog-tiles).
func (s source) leaves(size int64) [][]byte {
	var leaves [][]byte
	for n := int64(0); n*width < size; n++ {
		bundle := tlog.Tile{H: 8, L: -1, N: n, W: int(min(width, size-n*width))}
		for raw := must(s.read(path(bundle))); len(raw) > 0; {
			if len(raw) < 2 || len(raw) < 2+int(binary.BigEndian.Uint16(raw)) {
				fail("bundle %d ends in the middle of a leaf", n)
			}
			end := 2 + int(binary.BigEndian.Uint16(raw))
			leaves, raw = append(leaves, raw[2:end]), raw[end:]
		}
	}
	if int64(len(leaves)) != size {
		fail("there are %d leaves where %d belong", len(leaves), size)
	}
	return leaves
}

// tiles reads hashes for tlog, which checks them against the root, and keeps those that held.
type tiles struct {
	source
	saved map[tlog.Tile][]byte
}

func (t tiles) Height() int { return 8 }

func (t tiles) SaveTiles(held []tlog.Tile, data [][]byte) {
	for at, tile := range held {
		t.saved[tile] = data[at]
	}
}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(wanted))
	for at, tile := range wanted {
		if held, ok := t.saved[tile]; ok {
			found[at] = held
			continue
		}
		data, err := t.read(path(tile))
		if err != nil {
			return nil, err
		}
		found[at] = data
	}
	return found, nil
}

// path is where C2SP tlog-tiles has a tile: as the checksum database does, without the height.
func path(tile tlog.Tile) string {
	if tile.L == -1 {
		return strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)
	}
	return strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
}

// parseTree reads a checkpoint's three lines.
func parseTree(text string) tlog.Tree {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		fail("a checkpoint has three lines")
	}
	return tlog.Tree{N: must(strconv.ParseInt(lines[1], 10, 64)), Hash: hash(lines[2])}
}

func hash(text string) (found tlog.Hash) {
	if copy(found[:], must(base64.StdEncoding.DecodeString(text))) != tlog.HashSize {
		fail("%s is not a hash", text)
	}
	return found
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}
