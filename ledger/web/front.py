"""The first page: what came in, what was spent, where the money is, and how the log stands."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ledger.log import entry
from ledger.showcase import reading, state
from ledger.showcase.summary import Flow, Summary
from ledger.showcase.table import ALL, Key, Table, table
from ledger.web import charts, sentences
from ledger.web.form import count, euro, moment, month
from ledger.web.frame import Reader, reader, summary
from ledger.web.texts import front

EVENTS = 8
TOLD = ("payout", "recon", "override", "close")


@dataclass(frozen=True)
class Cell:
    """A cell of a table: the label of its column, and an amount (None: hidden)."""

    label: str
    amount: str | None


@dataclass(frozen=True)
class Row:
    """A row of a table; `last` is one with totals."""

    name: str
    cells: list[Cell]
    last: bool = False


@require_safe
def show(request: HttpRequest, muni: str | None = None, year: str | None = None) -> HttpResponse:
    """The overview of a log: of this year's, when the address names none."""
    who = reader(request, muni, year)
    if who.state is None:
        return who.render("empty.html", front.TEXTS, {}, status=200 if year is None else 404)
    return who.render("front.html", front.TEXTS, _context(who, who.state), year=who.state.name)


def _context(who: Reader, now: state.State) -> dict[str, object]:
    found, text, names = summary(now), front.TEXTS[who.language], who.names()
    shown = table(found.months)
    whole, places = shown.shown(ALL, ALL), _places(found)
    totals = [shown.shown(one, ALL) for one in shown.months]

    def fund(code: str) -> str:
        return who.fund(code, names)

    return {
        "headline": euro(whole.spent) if whole and found.payments else None,
        "wrong": found.wrong,
        "places": [(text[name], euro(cents)) for name, cents in places.items()] if whole else [],
        "places_total": euro(sum(places.values())),
        "places_chart": charts.parts(list(places.values())),
        "funds": [*_funds(shown, found, text, fund)],
        "months": [*_months(shown, ALL, _began(found), text)],
        "months_chart": charts.columns([flow.spent if flow else 0 for flow in totals]),
        "both": [(fund(code), [*_months(shown, code, found.began_with(code), text)]) for code in shown.funds],
        "any_hidden": bool(shown.hidden),
        "carried": _began(found) > 0,
        "cover": sentences.sentence(found.cover, names, who.language) if found.cover else None,
        "events": _events(who, now, found, names),
        "size": count(now.size),
        "published": moment(now.published_at),
        "years": [name for name in state.names(who.muni) if name != now.name],
    }


def _places(found: Summary) -> dict[str, int]:
    """Where the money is, in cents, by the name of the place."""
    now = found.stands
    return {
        "budget": sum(held.budget for held in now.funds),
        "pots": sum(held.pots for held in now.funds),
        "owed": now.payable + now.in_transit,
        "paid": found.paid - now.in_transit + found.began.in_transit,
    }


def _began(found: Summary) -> int:
    return sum(found.began_with(held.fund) for held in found.began.funds)


def _funds(shown: Table, found: Summary, text: dict[str, str], name: Callable[[str], str]) -> Iterator[Row]:
    for code in shown.funds:
        yield Row(name(code), _cells(shown, (ALL, code), found.began_with(code), text))
    yield Row(text["together"], _cells(shown, (ALL, ALL), _began(found), text), last=True)


def _months(shown: Table, fund: str, carried: int, text: dict[str, str]) -> Iterator[Row]:
    """Each month, and what was left at its end: not where that would tell what a hidden month hides."""
    dark = [at for at, one in enumerate(shown.months) if (one, fund) in shown.hidden]
    light = dark[-1] if dark and (ALL, fund) not in shown.hidden else len(shown.months)
    before = carried
    for at, one in enumerate(shown.months):
        cells = _cells(shown, (one, fund), before, text)
        if dark and dark[0] < at < light:
            cells[-1] = Cell(text["left"], None)
        flow = shown.cells.get((one, fund), Flow())
        before += flow.allocated - flow.spent
        yield Row(month(one), cells)


def _cells(shown: Table, key: Key, before: int, text: dict[str, str]) -> list[Cell]:
    """What moved; `left` is what there was `before` (cents), plus allocated, minus spent.

    What the council made available says nothing about anybody, so that is never hidden.
    """
    flow, public = shown.shown(*key), shown.cells.get(key, Flow()).allocated
    told: dict[str, str | None] = {"payments": None, "allocated": euro(public)}
    told |= dict.fromkeys(("given", "used", "left"))
    if flow is not None:
        left = before + flow.allocated - flow.spent
        told |= {"payments": count(flow.n), "given": euro(flow.given)}
        told |= {"used": euro(flow.spent), "left": euro(left)}
    return [Cell(text[label], amount) for label, amount in told.items()]


def _events(
    who: Reader, now: state.State, found: Summary, names: dict[str, str]
) -> list[tuple[int, str, str]]:
    """The last payouts, statements and exceptions: index, kind and sentence of each."""
    places = sorted(place for kind in TOLD for place in found.places.get(kind, []))[-EVENTS:]
    told: list[tuple[int, entry.Leaf]] = reading.some(now.log, places)
    return [
        (idx, sentences.title(leaf, who.language), sentences.sentence(leaf, names, who.language))
        for idx, leaf in told
    ]
