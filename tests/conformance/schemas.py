"""The JSON schemas of docs/spec/schemas, and what they say of a token, a body or a problem."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

FOLDER = Path(__file__).resolve().parents[2] / "docs/spec/schemas"
KINDS = {
    "vpass+sd-jwt": "pass",
    "kb+jwt": "proof",
    "vprec+jwt": "record",
    "vprcpt+jwt": "receipt",
    "vpbundle+jwt": "bundle",
    "statuslist+jwt": "statuslist",
    "dpop+jwt": "dpop",
    "openid4vci-proof+jwt": "keyproof",
}
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}")


@cache
def documents() -> dict[str, Any]:
    """The schemas by name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


@cache
def _validator(name: str) -> Draft202012Validator:
    stored = [(document["$id"], Resource.from_contents(document)) for document in documents().values()]
    registry: Any = Registry().with_resources(stored)
    file, _, part = name.partition("#")
    start = documents()[file]["$id"] + (f"#/$defs/{part}" if part else "")
    return Draft202012Validator({"$ref": start}, registry=registry)


def faults(name: str, value: Any) -> list[str]:
    """What is wrong with a value, by the schema `file` or `file#definition`."""
    return [f"{error.json_path}: {error.message}" for error in _validator(name).iter_errors(value)]


def decoded(token: str) -> dict[str, Any]:
    """Header and claims of a token, unverified."""
    header, claims = (base64.urlsafe_b64decode(part + "==") for part in token.split(".")[:2])
    return {"header": json.loads(header), "claims": json.loads(claims)}


def faults_of_token(token: str) -> list[str]:
    """What is wrong with a token, by the schema of its own kind."""
    found = decoded(token)
    kind = KINDS.get(found["header"].get("typ"))
    return faults(kind, found) if kind else [f"no token of ours: {found['header']}"]


def tokens_in(value: Any) -> Iterator[str]:
    """Every token in a body, a presentation's two as well."""
    if isinstance(value, str):
        yield from (part for part in value.split("~") if _TOKEN.fullmatch(part))
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from tokens_in(part)
