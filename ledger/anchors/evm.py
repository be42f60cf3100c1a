"""A contract on an EVM chain that remembers when it first saw a hash (contract/Anchor.sol).

1. The token is JSON: chain, contract and transaction. What counts is the contract's own memory.
2. Who verifies asks a node of his own choice, about a contract of his own choice; its code must be exactly
   ours, since another one could answer any time it likes.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account.signers.local import LocalAccount
from web3 import HTTPProvider, Web3
from web3.exceptions import Web3Exception

from ledger.anchors import AnchorError, Options, UndecidedError

TIMEOUT_SECONDS = 20
MINED_SECONDS = 90
_COMPILED = json.loads((Path(__file__).parent / "contract" / "Anchor.json").read_text("ascii"))


@dataclass(frozen=True)
class Contract:
    """The contract at `address`, through one node; `account` pays, None to verify only."""

    node: Web3
    address: str
    account: LocalAccount | None = None

    def anchor(self, text: bytes) -> bytes:
        """The token, when the hash is in a block. Raises AnchorError."""
        try:
            sent = _send(self.node, self.account, self._contract().functions.anchor(_digest(text)))
            token = {"chain": self.node.eth.chain_id, "contract": self.address, "transaction": sent["hash"]}
        except (Web3Exception, OSError, ValueError) as error:
            raise AnchorError(f"The chain did not take the anchor: {error}") from error
        return json.dumps(token).encode()

    def verify(self, token: bytes, text: bytes) -> int:
        """The time of the block that first held the hash, in epoch seconds. Raises AnchorError.

        A node that does not answer says nothing about the token: UndecidedError.
        """
        place = _place(token)
        try:
            if place != (self.node.eth.chain_id, self.address):
                raise AnchorError("The anchor is on another chain or in another contract.")
            at: int = self._contract().functions.anchoredAt(_digest(text)).call()
        except AnchorError:
            raise
        except (Web3Exception, OSError, ValueError) as error:
            raise UndecidedError(f"The chain cannot be asked: {error}") from error
        if not at:
            raise AnchorError("The contract never saw this checkpoint.")
        return at

    def _contract(self) -> Any:
        address = Web3.to_checksum_address(self.address)
        if self.node.eth.get_code(address) != bytes.fromhex(_COMPILED["deployed"][2:]):
            raise AnchorError(f"The code at {self.address} is not that of Anchor.sol.")
        return self.node.eth.contract(address=address, abi=_COMPILED["abi"])


def connect(options: Options) -> Contract:
    """The contract `evm_contract` through `evm_url`, paid from `evm_key_file`. Raises UndecidedError."""
    address = options.get("evm_contract", "")
    if not Web3.is_address(address):
        raise UndecidedError(f"The contract's address cannot be used: {address!r}.")
    node, account = _node(options), _account(options) if options.get("evm_key_file") else None
    return Contract(node, Web3.to_checksum_address(address), account)


def deploy(options: Options) -> str:
    """Put the contract on the chain; its address. Raises AnchorError."""
    node = _node(options)
    creation = node.eth.contract(abi=_COMPILED["abi"], bytecode=_COMPILED["bytecode"]).constructor()
    try:
        address: str = _send(node, _account(options), creation)["contract"]
    except (Web3Exception, OSError, ValueError) as error:
        raise AnchorError(f"The chain did not take the contract: {error}") from error
    return address


def _node(options: Options) -> Web3:
    url = options.get("evm_url", "")
    if not url.startswith(("http://", "https://")):
        raise UndecidedError(f"The node's address is not a web address: {url!r}.")
    return Web3(HTTPProvider(url, request_kwargs={"timeout": TIMEOUT_SECONDS}))


def _account(options: Options) -> LocalAccount:
    try:
        secret = Path(options.get("evm_key_file", "")).read_text("ascii").strip()
        account: LocalAccount = Web3().eth.account.from_key(secret)
    except (OSError, ValueError) as error:  # never with the key in its text
        raise AnchorError("The key of the account that pays cannot be read.") from error
    return account


def _send(node: Web3, account: LocalAccount | None, call: Any) -> dict[str, str]:
    """Send a call as a transaction, and wait until it is in a block."""
    if account is None:
        raise AnchorError("There is no account that pays: evm_key_file.")
    nonce = node.eth.get_transaction_count(account.address)
    unsigned = call.build_transaction({"from": account.address, "nonce": nonce})
    sent = node.eth.send_raw_transaction(account.sign_transaction(unsigned).raw_transaction)
    mined = node.eth.wait_for_transaction_receipt(sent, timeout=MINED_SECONDS)
    if mined["status"] != 1:
        raise AnchorError("The chain refused the transaction.")
    return {"hash": Web3.to_hex(sent), "contract": str(mined["contractAddress"])}


def _place(token: bytes) -> tuple[int, str]:
    try:
        read = json.loads(token)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise AnchorError("The token is not that of a contract.")
    return read.get("chain", 0), read.get("contract", "")


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()
