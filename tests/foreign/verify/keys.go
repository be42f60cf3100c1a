package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// witness verifies cosignatures (C2SP tlog-cosignature, type 4), which Go's notes do not know.
type witness struct {
	name   string
	hash   uint32
	public ed25519.PublicKey
}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return w.hash }

func (w witness) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(signature), text)
	return ed25519.Verify(w.public, []byte(signed), signature[8:])
}

// known are the log's key and the witness's key.
func known(log, cosigner string) note.Verifiers {
	return note.VerifierList(must(note.NewVerifier(log)), newWitness(cosigner))
}

func newWitness(vkey string) witness {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		fail("%s is not a verifier key", vkey)
	}
	key := must(base64.StdEncoding.DecodeString(parts[2]))
	if len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		fail("%s is not a witness's key", vkey)
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if fmt.Sprintf("%x", sum[:4]) != parts[1] {
		fail("the id of %s does not fit", vkey)
	}
	return witness{parts[0], binary.BigEndian.Uint32(sum[:]), key[1:]}
}
