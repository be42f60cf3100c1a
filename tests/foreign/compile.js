// The bytecode and ABI of the contract on the command line, as JSON: `node compile.js path/to/Anchor.sol`.
//
// The output is what ledger/anchors/evm/Anchor.json holds. "paris" runs on every chain since 2022.
const { readFileSync } = require("node:fs");
const { basename } = require("node:path");
const solc = require("solc");

const name = basename(process.argv[2]);
const compiled = JSON.parse(
  solc.compile(
    JSON.stringify({
      language: "Solidity",
      sources: { [name]: { content: readFileSync(process.argv[2], "utf-8") } },
      settings: {
        evmVersion: "paris",
        optimizer: { enabled: true },
        metadata: { bytecodeHash: "none", appendCBOR: false },
        outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
      },
    }),
  ),
);
if (compiled.errors) throw new Error(compiled.errors.map((error) => error.formattedMessage).join("\n"));

const { abi, evm } = compiled.contracts[name][name.replace(".sol", "")];
const found = {
  compiler: solc.version(),
  abi,
  bytecode: `0x${evm.bytecode.object}`,
  deployed: `0x${evm.deployedBytecode.object}`,
};
process.stdout.write(`${JSON.stringify(found, null, 1)}\n`);
