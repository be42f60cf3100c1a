package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// request checks what the log sends a witness (C2SP tlog-witness): its own proof that it grew.
func request(raw []byte, tree tlog.Tree, keys note.Verifiers, hashes tlog.HashReader) {
	head, signed := cut(raw)
	lines := strings.Split(head, "\n")
	old := must(strconv.ParseInt(strings.TrimPrefix(lines[0], "old "), 10, 64))
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		proof = append(proof, hash(line))
	}
	if asked := parseTree(must(note.Open(signed, keys)).Text); asked != tree {
		fail("the request is for another checkpoint")
	}
	check(tlog.CheckTree(proof, tree.N, tree.Hash, old, must(tlog.TreeHash(old, hashes))))
	fmt.Printf("request %d %d\n", old, tree.N)
}

// receipt checks a payment's proof: payment, batch, leaf, checkpoint.
func receipt(raw []byte, keys note.Verifiers) {
	var given struct {
		Canonical string
		Salt      string
		InnerPath []string `json:"inner_path"`
		TlogProof string   `json:"tlog_proof"`
	}
	check(json.Unmarshal(raw, &given))
	index, leaf, proof, signed := tlogProof(given.TlogProof)
	tree := checkpoint(signed, keys)
	check(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(leaf)))

	var batch struct {
		TxRoot string `json:"tx_root"`
	}
	check(json.Unmarshal(leaf, &batch))
	salted := append([]byte("vpl/commit/1\x00"), must(hex.DecodeString(given.Salt))...)
	commitment := sha256.Sum256(append(salted, given.Canonical...))
	if found := fold(tlog.RecordHash(commitment[:]), given.InnerPath); hex.EncodeToString(found[:]) != batch.TxRoot {
		fail("the payment is not in the batch")
	}
	var payment struct{ Amount int }
	check(json.Unmarshal([]byte(given.Canonical), &payment))
	fmt.Printf("receipt %d in leaf %d\n", payment.Amount, index)
}

// tlogProof reads C2SP tlog-proof, with the leaf in its extra line.
func tlogProof(text string) (index int64, leaf []byte, proof tlog.RecordProof, signed []byte) {
	head, signed := cut([]byte(text))
	lines := strings.Split(head, "\n")
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		fail("this is not a proof")
	}
	leaf = must(base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra ")))
	index = must(strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64))
	for _, line := range lines[3:] {
		proof = append(proof, hash(line))
	}
	return index, leaf, proof, signed
}

func fold(found tlog.Hash, path []string) tlog.Hash {
	for _, step := range path {
		var other tlog.Hash
		copy(other[:], must(hex.DecodeString(step[1:])))
		if step[0] == 'l' {
			found = tlog.NodeHash(other, found)
		} else {
			found = tlog.NodeHash(found, other)
		}
	}
	return found
}

func cut(raw []byte) (head string, rest []byte) {
	before, rest, found := bytes.Cut(raw, []byte("\n\n"))
	if !found {
		fail("there is no empty line")
	}
	return string(before), rest
}
