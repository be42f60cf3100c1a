"""A series of dated windows: made at once, given at once, spent in its window only, never too many."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from ledger import api as books
from tests.together import at_once
from tests.worlds import Town
from wallet.custody import custody
from wallet.models import BudgetDecision, GrantBatch, GrantLine, Programme, Staff
from wallet.protocol import bundle, presentation
from wallet.protocol.redemption import Approval, attempt, decide
from wallet.protocol.refusals import Refusal
from wallet.services import budgets, catalogue, grant, series
from wallet.services.bundle import make_bundle
from wallet.services.refused import Refused
from wallet.services.series import Window

DAYS = timedelta(days=1)


def windows(today: date) -> list[Window]:
    """One that runs, one that comes."""
    return [Window(today - 5 * DAYS, today + 5 * DAYS), Window(today + 40 * DAYS, today + 60 * DAYS)]


def make(town: Town, **changes: Any) -> list[Programme]:
    """A series whose budgets are approved."""
    now = timezone.now()
    data: dict[str, Any] = {
        "name": "Dagje uit", "name_en": "Day out", "icon": "ticket", "price": 1_850,
        "windows": windows(timezone.localdate(now)), "per_person": 2, "quota": 10, "categories": ["clothes"],
        "decision_ref": "B-2027",
    }  # fmt: skip
    made = series.new_series(muni=town.muni, staff=town.staff, now=now, **{**data, **changes})
    second = Staff.objects.get(username="two-of-finance")
    waiting = budgets.waiting(town.muni).first()
    if waiting is None:
        raise AssertionError("no budget waits")
    series.approve_budgets(budget=waiting, staff=second, now=now)
    for one in made:
        town.programmes[one.number] = one
    return made


def give(town: Town, made: list[Programme], amount: int, **changes: Any) -> list[GrantBatch]:
    """Tickets of each window for the holder."""
    data = {"reason": "Kind", "decision_ref": "Z-1", "form_id": uuid4(), "staff": town.staff, **changes}
    return series.top_up(holder=town.holder, windows=made, amount=amount, now=timezone.now(), **data)


def test_all_windows_are_made_at_once_with_their_budgets(town: Town) -> None:
    june, custom = series.month(2099, 6), Window(date(2099, 7, 1), date(2099, 7, 15))
    made = make(town, windows=[custom, june])
    assert [one.name for one in made] == ["Dagje uit: juni 2099", "Dagje uit: 1 juli 2099 – 15 juli 2099"]
    assert made[0].name_en == "Day out: June 2099" and made[0].ends == date(2099, 6, 30)
    assert [(one.number, one.series, one.per_person, one.unit_cents) for one in made] == [
        (51, "Dagje uit", 2, 1_850), (52, "Dagje uit", 2, 1_850),
    ]  # fmt: skip
    assert set(books.balances([one.fund for one in made]).values()) == {18_500}
    assert not BudgetDecision.objects.exclude(status="booked").exists()


@pytest.mark.parametrize(
    ("changes", "words", "field"),
    [
        ({"windows": []}, "minstens één maand", "windows"),
        ({"windows": [series.month(2099, 1)] * 2}, "andere periode", "windows"),
        ({"windows": [series.month(2020, 1)]}, "januari 2020 is al voorbij", "windows"),
        ({"windows": [Window(date(2099, 2, 2), date(2099, 2, 1))]}, "vóór de eerste", "windows"),
        ({"windows": [series.month(2080 + n, 1) for n in range(13)]}, "hoogstens 12", "windows"),
        ({"quota": 1}, "minder dan", "quota"),
    ],
)
def test_a_series_that_is_not_right_says_why_and_makes_nothing(
    town: Town, changes: dict[str, Any], words: str, field: str
) -> None:
    before = Programme.objects.count()
    with pytest.raises(Refused, match=words) as refused:
        make(town, **changes)
    assert refused.value.field == field and Programme.objects.count() == before


def test_a_form_sent_twice_makes_one_series(town: Town) -> None:
    make(town)
    with pytest.raises(Refused, match="andere periode"):
        make(town)
    assert Programme.objects.filter(series="Dagje uit").count() == 2


def test_every_window_gets_its_tickets_all_or_none(town: Town) -> None:
    made = make(town)
    form = uuid4()
    first = give(town, made, 1, form_id=form)
    assert [batch.pk for batch in give(town, made, 1, form_id=form)] == [batch.pk for batch in first]
    assert [town.balance(one.number) for one in made] == [1_850, 1_850]
    assert [(step.before, step.after, step.wrong) for step in series.preview(town.holder, made, 1)] == [
        (1, 2, "")
    ] * 2
    town.top_up(1, made[1].number)
    assert [bool(step.wrong) for step in series.preview(town.holder, made, 1)] == [False, True]
    with pytest.raises(Refused, match="kan hoogstens 2 krijgen"):
        give(town, made, 1)
    assert [town.balance(one.number) for one in made] == [1_850, 3_700]
    poor = make(town, name="Klein", quota=2, windows=windows(timezone.localdate()))
    assert series.preview(town.neighbour, poor, 2)[0].wrong == ""
    series.top_up(
        holder=town.neighbour, windows=poor[1:], amount=1, reason="x", decision_ref="x", form_id=uuid4(),
        staff=town.staff, now=timezone.now(),
    )  # fmt: skip
    assert [bool(step.wrong) for step in series.preview(town.holder, poor, 2)] == [False, True]
    with pytest.raises(Refused, match=r"Klein: .* heeft nog"):
        give(town, poor, 2)
    assert not town.holder.vouchers.filter(programme__in=poor).exists()
    told = [one for one in town.phone().state["vouchers"] if one["series"]]
    assert [(one["series"], one["series_en"], one["prg"]) for one in told] == [
        ("Dagje uit", "Day out", one.number) for one in made
    ]
    assert told[1]["valid_from"] > timezone.now().timestamp()  # the phone sees it coming


def test_what_is_taken_back_or_refused_can_be_given_again_and_what_is_spent_cannot(town: Town) -> None:
    window = make(town)[0]
    town.holder.vouchers.filter(programme=window).delete()
    (batch,) = give(town, [window], 2)
    phone = town.phone()
    phone.refill(window.number, 1)
    till = town.till()
    shown = phone.take(window.number).show(phone.clock(), 1)
    assert till.redeem(shown, 1, window.number, cur="TKT").status == 201
    (line,) = batch.lines.all()
    assert grant.undo_line(line=line, staff=town.staff, reason="x", now=timezone.now()) == 1
    assert grant.given_to(window) == {town.holder.pk: 1}
    with pytest.raises(Refused, match="Geef er hoogstens 1"):
        give(town, [window], 2)
    give(town, [window], 1)
    town.muni.four_eyes_above = 0
    town.muni.save()
    with pytest.raises(Refused, match="al 2"):
        give(town, [window], 1)


def test_the_database_itself_keeps_the_most_per_person(town: Town) -> None:
    window = make(town)[0]
    (batch,) = give(town, [window], 2)
    for change in ("amount = amount + 1", "taken_back = NULL, amount = 3"):
        refused = pytest.raises(IntegrityError, match="grant_per_person")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE wallet_grantline SET {change}")
    more = GrantBatch.objects.get(pk=batch.pk)
    more.pk = uuid4()
    more.save(force_insert=True)
    voucher = town.voucher(window.number)
    with pytest.raises(IntegrityError, match="grant_per_person"), transaction.atomic():
        GrantLine.objects.create(batch=more, row=1, voucher=voucher, amount=1)
    GrantBatch.objects.filter(pk=batch.pk).update(status="refused")
    GrantLine.objects.create(batch=more, row=1, voucher=voucher, amount=2)


@pytest.mark.django_db(transaction=True)
def test_two_top_ups_at_one_moment_give_no_more_than_one_may(real_town: Town) -> None:
    window = make(real_town, per_person=1)[0]
    give_one = [lambda: _or_words(lambda: give(real_town, [window], 1)) for _ in range(2)]
    answers = at_once(give_one)
    assert sorted(type(answer).__name__ for answer in answers) == ["list", "str"]
    assert real_town.balance(window.number) == 1_850


def _or_words(call: Any) -> Any:
    try:
        return call()
    except Refused as refused:
        return str(refused)


def test_a_file_is_tried_and_booked_for_each_window(town: Town) -> None:
    made = make(town)
    rows = f"nummer;aantal\n{town.holder.number};1\n{town.neighbour.number};2\n"
    now = timezone.now()
    report = series.dry_run(rows.encode(), "Dagje uit", made, now, "uit.csv")
    assert report.bookable and report.total_cents == 6 * 1_850 and report.new_vouchers == 4
    batches = series.book(report=report, decision_ref="Z-2", reason="Uit", staff=town.staff, now=now)
    assert [(batch.programme_id, batch.lines_count) for batch in batches] == [(one.pk, 2) for one in made]
    again = series.dry_run(rows.encode(), "Dagje uit", made, now, "uit.csv")
    assert not again.bookable and again.problems
    town_only = f"nummer;aantal\n{town.neighbour.number};1\n"
    town.top_up(1, made[1].number)
    wrong = series.dry_run(town_only.encode(), "Dagje uit", made, now, "meer.csv")
    assert [problem.row for problem in wrong.problems] == [2]
    assert "kan hoogstens 2 krijgen" in wrong.problems[0].message
    over = f"nummer;aantal\n{town.holder.number};1\n"
    one_window = series.dry_run(over.encode(), "Dagje uit", made, now, "een.csv")
    assert [problem.message.startswith(made[1].name) for problem in one_window.problems] == [True]


def test_a_ticket_pass_is_good_without_a_connection_in_its_window_and_not_after(town: Town) -> None:
    now = timezone.now()
    running, coming = make(town)
    give(town, [running, coming], 2)
    phone, till = town.phone(), town.till()
    known = catalogue.fresh(14)
    assert phone.refill(coming.number, 1).code == "voucher_not_started"
    assert phone.refill(running.number, 3).status == 201
    assert [held.claims["ofl"] for held in phone.passes] == [2, 0, 0]  # one ticket pass carries both
    held = phone.passes[0]
    starts, ends = catalogue.period(running)
    assert held.claims["exp"] <= -(-ends // 86_400) * 86_400

    def offline(at: float, prg: int) -> Approval | Refusal:
        """What a till says that has only its bundle."""
        told = bundle.check(make_bundle(town.till_row, now), custody().bundle_key.private.public)
        shown = presentation.check(held.show(at, 2), told.keyring())
        facts = known.facts(known.tills[till.id].shop, known.schemes[prg])
        line = next(one for one in told.programmes if one["prg"] == prg)
        assert (line["from"], line["to"], line["floor"]) == (facts.starts, facts.ends, 3)
        return decide(attempt(shown, mode="off", amt=2, cur="TKT", prg=prg, part=False), facts, int(at))

    assert offline(now.timestamp(), running.number) == Approval(2, 0)
    codes = [offline(at, running.number) for at in (ends - 1, ends, held.claims["exp"])]
    assert isinstance(codes[0], Approval) == (ends - 1 < held.claims["exp"])
    assert [one.code.value for one in codes[1:] if isinstance(one, Refusal)] in (
        ["voucher_ended", "pass_expired"], ["pass_expired", "pass_expired"],
    )  # fmt: skip
    other = offline(now.timestamp(), coming.number)
    assert isinstance(other, Refusal) and other.code.value == "wrong_programme"
    assert datetime.fromtimestamp(starts, UTC) < now
