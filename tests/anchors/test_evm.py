"""The contract on an EVM in this process, asked over HTTP as a node is."""

import json
from pathlib import Path

import pytest

from ledger.anchors import AnchorError, Options, evm, open_anchor
from tests.anchors.conftest import PAYER, TEXT, chain


def without_account(options: Options) -> Options:
    return {name: value for name, value in options.items() if name != "evm_key_file"}


def test_the_contract_remembers_when(contract: Options) -> None:
    token = open_anchor("evm", contract).anchor(TEXT)
    anybody = evm.connect(without_account(contract))
    at = anybody.verify(token, TEXT)
    mined = anybody.node.eth.get_transaction(json.loads(token)["transaction"])
    assert at == anybody.node.eth.get_block(mined["blockNumber"])["timestamp"]


def test_a_second_time_changes_nothing(contract: Options) -> None:
    anchor = open_anchor("evm", contract)
    first = anchor.anchor(TEXT)
    at = anchor.verify(first, TEXT)
    second = anchor.anchor(TEXT)
    assert first != second
    assert anchor.verify(first, TEXT) == anchor.verify(second, TEXT) == at


def test_another_checkpoint_is_not_proved(contract: Options) -> None:
    anchor = open_anchor("evm", contract)
    token = anchor.anchor(TEXT)
    with pytest.raises(AnchorError, match="never saw"):
        anchor.verify(token, TEXT + b"x")


@pytest.mark.parametrize("token", [b"", b"[]", b"{}", b"\xff", b'{"chain":1,"contract":"0x00"}'])
def test_what_is_not_a_token_of_this_contract_proves_nothing(contract: Options, token: bytes) -> None:
    with pytest.raises(AnchorError):
        open_anchor("evm", contract).verify(token, TEXT)


def test_a_contract_with_other_code_is_not_believed(contract: Options) -> None:
    node = evm.connect(contract).node
    account = node.eth.account.from_key(PAYER)
    # It answers 1 to every question: PUSH1 1 PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN.
    liar = bytes.fromhex("600160005260206000f3")
    creation = {
        "from": account.address,
        "nonce": node.eth.get_transaction_count(account.address),
        "data": bytes.fromhex("69") + liar + bytes.fromhex("600052600a6016f3"),
        "gas": 200_000,
        "gasPrice": node.eth.gas_price,
        "chainId": node.eth.chain_id,
    }
    sent = node.eth.send_raw_transaction(account.sign_transaction(creation).raw_transaction)
    address = node.eth.wait_for_transaction_receipt(sent)["contractAddress"]
    assert node.eth.get_code(address) == liar
    lying = evm.connect({**contract, "evm_contract": str(address)})
    token = json.dumps({"chain": node.eth.chain_id, "contract": address}).encode()
    with pytest.raises(AnchorError, match=r"not that of Anchor\.sol"):
        lying.verify(token, TEXT)


def test_another_chain_does_not_know_it(contract: Options) -> None:
    token = open_anchor("evm", contract).anchor(TEXT)
    with chain() as elsewhere, pytest.raises(AnchorError):
        open_anchor("evm", {**contract, "evm_url": elsewhere}).verify(token, TEXT)


def test_nothing_is_sent_without_an_account(contract: Options) -> None:
    with pytest.raises(AnchorError, match="evm_key_file"):
        open_anchor("evm", without_account(contract)).anchor(TEXT)


def test_a_node_that_does_not_answer(contract: Options) -> None:
    anchor = open_anchor("evm", {**contract, "evm_url": "http://127.0.0.1:9"})
    with pytest.raises(AnchorError):
        anchor.anchor(TEXT)
    with pytest.raises(AnchorError):
        anchor.verify(b"{}", TEXT)


@pytest.mark.parametrize(
    ("name", "value"), [("evm_contract", "0x12"), ("evm_url", "ipc://x"), ("evm_key_file", "missing")]
)
def test_settings_that_cannot_be_used(contract: Options, name: str, value: str) -> None:
    with pytest.raises(AnchorError):
        open_anchor("evm", {**contract, name: value})


def test_a_bad_key_is_not_told(contract: Options, tmp_path: Path) -> None:
    key = tmp_path / "bad.key"
    key.write_text("0xsecretbutwrong")
    with pytest.raises(AnchorError) as caught:
        open_anchor("evm", {**contract, "evm_key_file": str(key)})
    assert "secret" not in str(caught.value)
