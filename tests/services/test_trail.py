"""The desk's trail: each line names who, what and why; the database itself lets it only grow."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.worlds import Town
from wallet.models import DeskEvent, Staff
from wallet.services import trail


def test_a_line_names_who_what_and_why(town: Town) -> None:
    at = timezone.now()
    trail.record(staff=town.staff, verb=trail.Verb.OPENED, subject=town.holder, reason="calls", now=at)
    line = DeskEvent.objects.latest("pk")
    assert (line.muni, line.staff, line.at) == (town.muni, town.staff, at)
    said = (line.verb, line.subject_type, line.subject_id, line.reason)
    assert said == ("opened", "holder", str(town.holder.pk), "calls")


def test_a_long_question_is_kept_as_far_as_it_fits(town: Town) -> None:
    asked = trail.Text("search", "x" * 99)
    trail.record(staff=town.staff, verb=trail.Verb.SEARCHED, subject=asked, now=timezone.now())
    assert DeskEvent.objects.latest("pk").subject_id == "x" * 40


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_refuses_to_change_or_remove_a_line(town: Town, change: str) -> None:
    lines = DeskEvent.objects.filter(pk=DeskEvent.objects.latest("pk").pk)
    with pytest.raises(IntegrityError, match="trail_only_grows"), transaction.atomic():
        lines.update(reason="other") if change == "update" else lines.delete()


def test_somebody_of_no_municipality_leaves_no_line(town: Town) -> None:
    before = DeskEvent.objects.count()
    with pytest.raises(ValueError, match="no municipality"):
        trail.record(
            staff=Staff.objects.create(username="root"),
            verb=trail.Verb.OPENED,
            subject=town.holder,
            now=timezone.now(),
        )
    assert DeskEvent.objects.count() == before
