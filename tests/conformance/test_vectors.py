"""The schemas take what the known answers say and refuse what comes near it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.conformance import schemas
from tests.protocol.conftest import vectors
from tests.protocol.test_confusion import tokens
from wallet.protocol.refusals import MEANINGS, Code

PRESENTED = [case["canonical"] for case in vectors("presentation")["cases"]]


def known() -> dict[str, str]:
    """A token of each kind."""
    return {"pass": PRESENTED[0].partition("~")[0], **tokens()}


@pytest.mark.parametrize("name", sorted(schemas.documents()))
def test_each_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(schemas.documents()[name])


def test_every_presentation_of_the_known_answers_fits() -> None:
    found = [token for text in PRESENTED for token in schemas.tokens_in(text)]
    assert len(found) == 2 * len(PRESENTED)
    assert {token: faults for token in found if (faults := schemas.faults_of_token(token))} == {}


@pytest.mark.parametrize("kind", sorted(known()))
def test_a_token_of_each_kind_fits_its_schema_and_no_member_is_free(kind: str) -> None:
    token = known()[kind]
    assert schemas.faults_of_token(token) == []
    found = schemas.decoded(token)
    name = schemas.KINDS[found["header"]["typ"]]
    for part in ("header", "claims"):
        for spoiled in _spoiled(found, part):
            assert schemas.faults(name, spoiled), spoiled


def _spoiled(found: dict[str, Any], part: str) -> list[dict[str, Any]]:
    """The same with one member more, and with each member missing or of another type."""
    made = [{**found, part: {**found[part], "more": 1}}]
    optional = {"kb": set(), "dpop+jwt": {"nonce"}}.get(found["header"]["typ"], set())
    for member in found[part]:
        without, other = copy.deepcopy(found), copy.deepcopy(found)
        del without[part][member]
        other[part][member] = [None]
        made += [other] if member in optional else [without, other]
    return made


def test_the_problem_schema_knows_each_refusal_of_the_server() -> None:
    told = schemas.documents()["problem"]["properties"]["code"]["enum"]
    assert set(told) == {code.value for code in Code if MEANINGS[code].status}


def test_the_pages_beside_the_schemas_name_each_of_them() -> None:
    page = (Path(schemas.FOLDER) / "README.md").read_text()
    assert [name for name in schemas.documents() if f"`{name}.json`" not in page] == []
