"""Two shops try to find out which of their payments were of the same person.

For each payment at one shop there are the payments at the other whose pass looks the same (its cohort). Who
picks one of them blindly is right now and then: that is the baseline. A matcher picks by anything that a till
has. It is better than the baseline when it is right more often than chance allows.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.unlinkability.weeks import Seen, Sighting
from wallet.protocol.strict import unb64

Features = list[float]
Score = Callable[[Sighting, Sighting], float]


@dataclass(frozen=True)
class Result:
    """How often a matcher was right, how often a blind guess is, and how many deviations lie between.

    `chance` is the probability that blind guesses are right at least as often.
    """

    name: str
    tried: int
    right: float
    baseline: float
    deviations: float
    chance: float


def number(text: str) -> int:
    """base64url as a number."""
    return int.from_bytes(unb64(text), "big")


def near(value: Callable[[Sighting], float]) -> Score:
    """The closer, the likelier."""
    return lambda one, other: -abs(value(one) - value(other))


def bits(value: Callable[[Sighting], int]) -> Score:
    """The fewer bits differ, the likelier."""
    return lambda one, other: -(value(one) ^ value(other)).bit_count()


FEATURES: dict[str, Score] = {
    "place in the list": near(lambda one: one.place),
    "place, in bits": bits(lambda one: one.place),
    "number of the pass": near(lambda one: number(one.claims["jti"])),
    "number, in bits": bits(lambda one: number(one.claims["jti"])),
    "key": near(lambda one: number(one.claims["cnf"]["jwk"]["x"])),
    "key, in bits": bits(lambda one: number(one.claims["cnf"]["jwk"]["y"])),
    "signature": bits(lambda one: number(one.token.rpartition(".")[2])),
    "time of the visit": near(lambda one: one.at),
    "time of the day": near(lambda one: one.at % 86_400),
    "amount": near(lambda one: one.amount),
    "what the phone allows": near(lambda one: one.proof["max"]),
    "seconds of the proof": near(lambda one: one.proof["iat"] % 3_600),
}


def results(seen: Seen, seed: int = 1) -> list[Result]:
    """Each way to match, and one that learned from half of the people which of them to believe."""
    pairs = opportunities(seen.sightings)
    learned = _learned(pairs, random.Random(seed))
    return [*(judged(name, score, pairs) for name, score in FEATURES.items()), learned]


Opportunity = tuple[Sighting, list[Sighting]]


def opportunities(sightings: Sequence[Sighting]) -> list[Opportunity]:
    """Each payment at the first shop with those at the other that look the same. One-time passes only."""
    shops = sorted({one.shop for one in sightings})
    there = defaultdict(list)
    for one in sightings:
        if one.shop == shops[1] and one.claims["once"]:
            there[one.cohort].append(one)
    here = [one for one in sightings if one.shop == shops[0] and one.claims["once"]]
    return [(one, there[one.cohort]) for one in here if len(there[one.cohort]) > 1]


def judged(name: str, score: Score, pairs: Sequence[Opportunity]) -> Result:
    """Let a matcher pick the likeliest, and count. Between equals it draws lots."""
    chances, right = [], 0
    for one, others in pairs:
        chances.append(sum(other.who == one.who for other in others) / len(others))
        lots = random.Random(one.claims["jti"])
        right += max(others, key=lambda other: (score(one, other), lots.random())).who == one.who
    expected, variance = sum(chances), sum(chance * (1 - chance) for chance in chances)
    deviations = (right - expected) / math.sqrt(variance) if variance else 0.0
    tried = len(pairs)
    return Result(name, tried, right / tried, expected / tried, deviations, at_least(right, chances))


def at_least(right: int, chances: Sequence[float]) -> float:
    """The probability that of these independent guesses so many are right, or more."""
    counts = [1.0]
    for chance in chances:
        missed = [count * (1 - chance) for count in [*counts, 0.0]]
        counts = [a + b * chance for a, b in zip(missed, [0.0, *counts], strict=True)]
    return sum(counts[right:])


def _learned(pairs: Sequence[Opportunity], chance: random.Random) -> Result:
    """Logistic regression on all features, taught with the truth about the people with an even number."""
    taught = [pair for pair in pairs if pair[0].who % 2 == 0]
    asked = [pair for pair in pairs if pair[0].who % 2]
    scale = _scales(taught)
    weights = [0.0] * len(FEATURES)
    lessons = [
        (one, other) for one, others in taught for other in chance.sample(others, min(12, len(others)))
    ]
    for one, other in chance.sample(lessons, min(4_000, len(lessons))):
        values = _features(one, other, scale)
        guess = 1 / (1 + math.exp(-max(-30.0, min(30.0, _dot(weights, values)))))
        step = 0.05 * ((other.who == one.who) - guess)
        weights = [weight + step * value for weight, value in zip(weights, values, strict=True)]
    return judged("all of it, learned", lambda a, b: _dot(weights, _features(a, b, scale)), asked)


def _scales(pairs: Sequence[Opportunity]) -> Features:
    some = [(one, others[0]) for one, others in pairs]
    return [max(1.0, *(abs(score(one, other)) for one, other in some)) for score in FEATURES.values()]


def _features(one: Sighting, other: Sighting, scale: Features) -> Features:
    return [score(one, other) / most for score, most in zip(FEATURES.values(), scale, strict=True)]


def _dot(weights: Features, values: Features) -> float:
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


# --- what is linkable ---------------------------------------------------------------------------------------
def kept_lists(seen: Seen, minutes: int = 10) -> Result:
    """Who keeps every status list sees which places ended together.

    A payment also ends passes that the balance does not cover any more. Is a later payment with such a pass
    one of the same person?
    """

    def together(one: Sighting, other: Sighting) -> float:
        ended = seen.ended.get((other.claims["status"]["status_list"]["uri"], other.place))
        return float(
            ended is not None and other.at > one.at and ended // (minutes * 60) == one.at // (minutes * 60)
        )

    found = opportunities(seen.sightings)
    return judged("keeping every status list", together, [pair for pair in found if _any(together, pair)])


def _any(score: Score, pair: Opportunity) -> bool:
    return any(score(pair[0], other) for other in pair[1])


def reserve_links(sightings: Sequence[Sighting]) -> tuple[int, int]:
    """Payments with a reserve pass, and those of them whose pass was seen before by one of the shops."""
    reserve = [one for one in sightings if not one.claims["once"]]
    return len(reserve), len(reserve) - len({one.claims["jti"] for one in reserve})


ALIKE = {"iss", "aud", "iat", "exp", "prg", "ofl", "once", "status.status_list.uri", "kid", "alg", "typ"}
PLACE = "status.status_list.idx"
FORM = {"cnf.jwk.crv", "cnf.jwk.kty"}  # the kind of key, the same for everybody


def equal_in_two(sightings: Sequence[Sighting]) -> set[str]:
    """Members that two one-time passes have in common and that are not the same for a whole cohort."""
    values: dict[str, list[object]] = defaultdict(list)
    for one in {one.claims["jti"]: one for one in sightings if one.claims["once"]}.values():
        flat = dict(_flat({**one.header, **one.claims}))
        flat[PLACE] = (flat["status.status_list.uri"], flat[PLACE])  # a place is one in its own list
        for name, value in flat.items():
            values[name].append(value)
    return {name for name, found in values.items() if len(set(map(str, found))) < len(found)} - ALIKE - FORM


def _flat(claims: dict[str, object], at: str = "") -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name, value in claims.items():
        found += _flat(value, f"{at}{name}.") if isinstance(value, dict) else [(at + name, value)]
    return found
