// Command verify checks a public log with golang.org/x/mod: the notes, tiles and proofs of Go's own checksum
// database. It shares no line with the project that made the log.
//
//	verify LOG LOGKEY WITNESSKEY [-old NOTE] [-request FILE] [-receipt FILE]
//
// LOG is an address or a folder. Each thing that holds is a line; the first that does not ends it with 1.
package main

import (
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if len(os.Args) < 4 || len(os.Args)%2 != 0 {
		fail("usage: verify LOG LOGKEY WITNESSKEY [-old NOTE] [-request FILE] [-receipt FILE]")
	}
	keys := known(os.Args[2], os.Args[3])
	from := source(os.Args[1])
	tree := checkpoint(must(from.read("checkpoint")), keys)
	hashes := tlog.TileHashReader(tree, tiles{from, map[tlog.Tile][]byte{}})
	entries(from, tree, hashes)
	for rest := os.Args[4:]; len(rest) > 0; rest = rest[2:] {
		raw := must(os.ReadFile(rest[1]))
		switch rest[0] {
		case "-old":
			consistency(checkpoint(raw, keys), tree, hashes)
		case "-request":
			request(raw, tree, keys, hashes)
		case "-receipt":
			receipt(raw, keys)
		default:
			fail("%s is not known here", rest[0])
		}
	}
}

// checkpoint is the tree that both keys signed.
func checkpoint(raw []byte, keys note.Verifiers) tlog.Tree {
	opened := must(note.Open(raw, keys))
	if len(opened.Sigs) != 2 {
		fail("the checkpoint has %d of the two signatures", len(opened.Sigs))
	}
	tree := parseTree(opened.Text)
	fmt.Printf("checkpoint %d: %s and %s\n", tree.N, opened.Sigs[0].Name, opened.Sigs[1].Name)
	return tree
}

// entries builds the whole tree from the leaves, and looks each of them up in the tiles.
func entries(from source, tree tlog.Tree, tiled tlog.HashReader) {
	var stored []tlog.Hash
	own := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for at, index := range indexes {
			found[at] = stored[index]
		}
		return found, nil
	})
	for n, leaf := range from.leaves(tree.N) {
		stored = append(stored, must(tlog.StoredHashes(int64(n), leaf, own))...)
		index := tlog.StoredHashIndex(0, int64(n))
		if must(tiled.ReadHashes([]int64{index}))[0] != tlog.RecordHash(leaf) {
			fail("leaf %d is not in its tile", n)
		}
		proof := must(tlog.ProveRecord(tree.N, int64(n), tiled))
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, int64(n), tlog.RecordHash(leaf)))
	}
	if must(tlog.TreeHash(tree.N, own)) != tree.Hash {
		fail("the leaves do not hash to the root")
	}
	fmt.Printf("entries %d\n", tree.N)
}

// consistency proves that the log grew from an older checkpoint.
func consistency(old, tree tlog.Tree, hashes tlog.HashReader) {
	proof := must(tlog.ProveTree(tree.N, old.N, hashes))
	check(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash))
	fmt.Printf("consistency %d %d\n", old.N, tree.N)
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fail("%v", err)
	}
}

func fail(format string, values ...any) {
	fmt.Printf("NOT in order: "+format+"\n", values...)
	os.Exit(1)
}
