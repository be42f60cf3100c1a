"""The terms of a programme: what a till and a server must know to judge a payment under it. Spec 01.

A new kind of rule is a member here, a rule in `redemption.decide` and its TypeScript twin, and a vector.
"""

from __future__ import annotations

from typing import TypedDict


class Rules(TypedDict):
    """Times in epoch seconds, amounts in the programme's units. An empty `categories` admits every shop."""

    cur: str
    starts: int
    ends: int
    categories: tuple[str, ...]
    floor: int
    bound_above: int | None
    ceiling: int | None
