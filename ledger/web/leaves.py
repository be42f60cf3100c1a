"""The lines of a log: a list of them, and one with all that proves it. Their addresses never change."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from ledger.log import entry, receipt
from ledger.log.state import FundState
from ledger.showcase import reading, state
from ledger.showcase.summary import Summary, flow_of
from ledger.web import sentences
from ledger.web.form import count, euro
from ledger.web.frame import Reader, reader, summary
from ledger.web.texts import leaves as words

PAGE = 25
TEXT = "text/plain; charset=utf-8"


@require_safe
def index(request: HttpRequest, muni: str, year: str) -> HttpResponse:
    """A page of lines, the newest first: of one kind with `kind`, below an index with `before`."""
    who = reader(request, muni, year)
    if who.state is None:
        return who.lost()
    found, kind = summary(who.state), request.GET.get("kind", "")
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else found.size
    places = _places(found, kind, before)
    names, types = who.names(), words.TYPES[who.language]
    context = {
        "lines": [
            (idx, types[leaf.t], sentences.sentence(leaf, names, who.language))
            for idx, leaf in reading.some(who.state.log, places)
        ],
        "kinds": [
            (name, types[name], len(found.places.get(name, []))) for name in types if name in found.places
        ],
        "kind": kind if kind in types else "",
        "older": places[0] if len(places) == PAGE and places[0] > 0 else None,
        "newer": before < found.size,
    }
    return who.render("leaves.html", words.TEXTS, context)


def _places(found: Summary, kind: str, before: int) -> list[int]:
    """Indexes of a page of lines, in order."""
    if kind in words.TYPES["nl"]:
        return [place for place in found.places.get(kind, []) if place < before][-PAGE:]
    last = min(before, found.size)
    return list(range(max(0, last - PAGE), last))


@require_safe
def show(request: HttpRequest, muni: str, year: str, index: str) -> HttpResponse:
    """One line: what it says, in words and as it is, and how to prove it."""
    who, place = reader(request, muni, year), int(index)
    raw = _raw(who, place)
    if who.state is None or raw is None:
        return who.lost()
    leaf, names = entry.parse(raw), who.names()
    context = {
        "index": place,
        "kind": sentences.title(leaf, who.language),
        "says": sentences.sentence(leaf, names, who.language),
        "json": raw.decode("ascii"),
        "hash": state.leaf_hash(raw),
        "provable": state.provable(who.state.log, place),
        "next": place + 1 if place + 1 < who.state.size else None,
        "previous": place - 1 if place else None,
    }
    if isinstance(leaf, entry.Batch):
        context |= {"addendum": receipt.addendum_path(leaf.commitments), "n": count(leaf.n)}
        context |= {"funds": [_fund(who.fund(line.fund, names), line) for line in leaf.funds]}
    size = count(who.state.size)
    return who.render("leaf.html", words.TEXTS, context, index=place, size=size)


def _fund(name: str, line: FundState) -> tuple[str, str, str, str]:
    flow = flow_of(line)
    return name, count(flow.n), euro(flow.given), euro(flow.spent)


def _raw(who: Reader, place: int) -> bytes | None:
    """The bytes of a line under the last signed state."""
    if who.state is None or place >= who.state.size:
        return None
    return next((raw for _, raw in reading.leaves(who.state.log, place, place + 1)), None)


@require_safe
def proof(request: HttpRequest, muni: str, year: str, index: str) -> HttpResponse:
    """The proof of one line (C2SP tlog-proof)."""
    who, place = reader(request, muni, year), int(index)
    return _proof(who, place, _raw(who, place))


@require_safe
def batch(request: HttpRequest, muni: str, no: str) -> HttpResponse:
    """The line of a batch, in whichever year it stands."""
    found = state.with_batch(int(muni), int(no))
    if found is None:
        return reader(request, muni).lost()
    return HttpResponseRedirect(reverse("log-leaf", args=[muni, found.log.name, found.idx]))


@require_safe
def batch_proof(request: HttpRequest, muni: str, no: str) -> HttpResponse:
    """The proof of a batch's line, for whoever knows only its number."""
    found = state.with_batch(int(muni), int(no))
    if found is None:
        return _proof(reader(request, muni), 0, None)
    who = reader(request, muni, found.log.name)
    return _proof(who, found.idx, _raw(who, found.idx))


def _proof(who: Reader, place: int, raw: bytes | None) -> HttpResponse:
    text = state.leaf_proof(who.state.log, place, raw) if who.state and raw is not None else None
    answer = HttpResponse(text or "There is no proof of this line yet.\n", TEXT, status=200 if text else 404)
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = "max-age=60" if text else "no-store"
    return answer
