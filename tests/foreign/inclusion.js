// Does @sigstore/verify agree with these inclusion proofs? A list of cases as JSON on the standard input, a list
// of answers (true, or why not) on the standard output.
//
// A case: index (of a leaf), size (of the tree); leaf, root and path (hashes) in base64.
const { readFileSync } = require("node:fs");
const { verifyMerkleInclusion } = require("@sigstore/verify/dist/tlog/merkle.js");

const bytes = (text) => Buffer.from(text, "base64");

function answer({ index, size, leaf, root, path }) {
  const entry = {
    canonicalizedBody: bytes(leaf),
    inclusionProof: { logIndex: String(index), hashes: path.map(bytes) },
  };
  try {
    verifyMerkleInclusion(entry, { logSize: BigInt(size), logHash: bytes(root) });
    return true;
  } catch (error) {
    return error.message;
  }
}

const cases = JSON.parse(readFileSync(0, "utf-8"));
process.stdout.write(JSON.stringify(cases.map(answer)));
