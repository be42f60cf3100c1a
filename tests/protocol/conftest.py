"""The published test keys, and one of everything that they sign."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wallet.protocol import keyring, pass_, presentation
from wallet.protocol.keyring import IssuerKey, Keyring
from wallet.protocol.pass_ import Pass
from wallet.protocol.signing import PrivateKey

VECTORS = Path(__file__).parent.parent / "vectors"
ISS = "https://pass.city.example"
ISSUER = PrivateKey.from_scalar(int("11" * 32, 16))
HOLDER = PrivateKey.from_scalar(int("22" * 32, 16))
TILL = PrivateKey.from_scalar(int("33" * 32, 16))
NOW = 1800000125


def vectors(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def issuer_key(**changes: Any) -> IssuerKey:
    fields = {"kid": ISSUER.public.short_kid, "iss": ISS, "vp_use": "pass", "nbf": 0, "exp": 2**32 - 1}
    return IssuerKey(**{**fields, "public": ISSUER.public, **changes})


@pytest.fixture
def ring() -> Keyring:
    return keyring.keyring([issuer_key()])


@pytest.fixture
def card_ring() -> Keyring:
    """The same key as one that signs cards."""
    return keyring.keyring([issuer_key(vp_use="card")])


@pytest.fixture
def a_pass() -> Pass:
    fields = vectors("presentation")["cases"][1]["pass"]
    return Pass(**fields)


@pytest.fixture
def pass_token(a_pass: Pass) -> str:
    return pass_.issue(a_pass, ISSUER)


@pytest.fixture
def presented(pass_token: str) -> str:
    return presentation.present(pass_token, presentation.open_proof(NOW, 2500), HOLDER)


@pytest.fixture
def bound(pass_token: str) -> str:
    proof = presentation.bound_proof(NOW, 4500, 204, "AAECAwQFBgc")
    return presentation.present(pass_token, proof, HOLDER)
