"""Who may come in at the desk, and what each role may do there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from tests.worlds import CLOTHES, Town
from wallet.models import BudgetDecision, GrantBatch, Municipality, Staff
from wallet.services import grant
from wallet.web.desk import login, urls
from wallet.web.desk.gate import BUSY, IDLE_SECONDS, ROLES, May, allowed

PASSWORD = "een-lang-wachtwoord"
LogIn = Callable[..., Client]


@pytest.fixture
def log_in(town: Town) -> LogIn:
    """Somebody of a role, logged in."""

    def enter(role: str = "administrator", username: str = "somebody") -> Client:
        client = Client()
        staff = Staff.objects.create(username=username, muni=town.muni, role=role)
        client.force_login(staff)
        return client

    return enter


def url(town: Town, name: str) -> str:
    """An address of the desk with something of the town in it."""
    known = {
        "holder_id": town.holder.pk,
        "voucher_id": town.voucher().pk,
        "batch_id": GrantBatch.objects.values_list("pk", flat=True)[0],
        "line_id": GrantBatch.objects.first().lines.first().pk,  # type: ignore[union-attr]
        "number": town.shop.number,
        "programme": CLOTHES,
        "no": 1,
        "request_id": uuid4(),
        "close_id": uuid4(),
        "cover_id": uuid4(),
        "helper_id": uuid4(),
        "erasure_id": uuid4(),
        "device_id": uuid4(),
        "card_id": uuid4(),
        "case_id": uuid4(),
        "budget_id": BudgetDecision.objects.values_list("pk", flat=True)[0],
        "branch_id": town.till_row.branch_id,
        "till_id": town.till_row.pk,
        "account": 1,
    }
    (pattern,) = (one for one in urls.urlpatterns if one.name == name)
    return reverse(f"desk:{name}", kwargs={key: known[key] for key in pattern.pattern.converters})


# What each page asks for. A page that is missing here fails the test below.
NEEDS = {
    May.ENTER: {"home", "stay", "batches", "batch", "refuse", "book", "progress", "merchants", "merchant",
                "programmes", "programme"},
    May.LOOK_UP: {"search", "holder_new", "holder", "relative_new", "letter", "phone_lost", "device_block",
                  "lost", "letters", "letters_print", "helper_new", "helper_stop", "helper_lost",
                  "helper_letter", "helper_card", "card_new", "card_pin", "card_unlock", "card_block",
                  "move", "address", "erase", "erase_refuse"},
    May.TOP_UP: {"voucher_new", "top_up", "undo", "import", "import_book", "import_wrong_rows",
                 "import_template", "series_top_up", "coupons", "coupons_made", "coupons_block",
                 "coupon_sheets", "coupon_progress", "coupon_sheets_block"},
    May.APPROVE: {"approve"},
    May.ADD_MERCHANT: {"merchant_new", "branch_new", "account_new", "account_approve", "account_refuse"},
    May.ADD_TILL: {"till_new", "till_code", "till_suspend"},
    May.ADD_PROGRAMME: {"programme_new", "series_new"},
    May.SET_BUDGET: {"budget_approve", "budget_refuse"},
    May.PAY: {"payments", "payment", "payment_file", "payment_send", "override_ask", "override_approve",
              "override_refuse", "bank", "open_items", "clear", "cases", "case", "periods", "export_books",
              "close_ask", "close_approve", "close_refuse", "guarantee", "carry_ask", "carry_approve",
              "carry_refuse"},
    May.ERASE: {"erase_approve"},
    May.READ_TRAIL: {"trail"},
}  # fmt: skip
POSTED = {
    "letters_print", "helper_letter", "helper_card", "card_new", "card_pin", "card_unlock", "card_block",
    "coupons_block", "coupon_sheets_block",
    "erase_approve", "erase_refuse",
    "stay", "refuse", "book", "letter", "voucher_new", "undo", "import_book", "import_wrong_rows", "approve",
    "till_code", "account_approve", "account_refuse", "budget_approve", "budget_refuse", "payment_file",
    "payment_send", "override_ask", "override_approve", "override_refuse", "close_ask", "close_approve",
    "close_refuse", "carry_ask", "carry_approve", "carry_refuse",
}  # fmt: skip
OPEN = {"login", "logout"}
PAGES = sorted(name for names in NEEDS.values() for name in names)


def ask(client: Client, town: Town, name: str) -> int:
    """The status of a page."""
    method = client.post if name in POSTED else client.get
    return method(url(town, name)).status_code


def test_every_page_of_the_desk_is_in_the_list() -> None:
    assert {pattern.name for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)} == {
        *PAGES,
        *OPEN,
    }


@pytest.mark.parametrize("name", PAGES)
def test_nobody_comes_in_without_logging_in(town: Town, name: str) -> None:
    client = Client()
    answer = (client.post if name in POSTED else client.get)(url(town, name))
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, reverse("desk:login"))


@pytest.mark.parametrize("role", [*ROLES])
def test_a_role_sees_its_own_pages_and_no_other(town: Town, log_in: LogIn, role: str) -> None:
    client = log_in(role)
    refused = {name for name in PAGES if ask(client, town, name) == 403}
    assert refused == {name for may, names in NEEDS.items() if may not in ROLES[role] for name in names}


def test_who_gives_money_does_not_name_its_bank_account() -> None:
    caseworker = ROLES[Staff.Role.CASEWORKER]
    assert May.TOP_UP in caseworker
    assert not {May.ADD_MERCHANT, May.ADD_PROGRAMME, May.READ_TRAIL} & caseworker
    assert May.TOP_UP not in ROLES[Staff.Role.FINANCE]


def test_staff_of_no_municipality_stays_outside(town: Town) -> None:
    client = Client()
    client.force_login(Staff.objects.create(username="root", role="administrator", is_superuser=True))
    assert client.get(reverse("desk:home")).status_code == 403


def test_a_role_that_nobody_knows_may_nothing() -> None:
    assert allowed(Staff(role="visitor")) == frozenset()


@pytest.mark.parametrize("name", ["holder", "top_up", "batch", "merchant", "till_suspend", "relative_new"])
def test_what_belongs_to_another_municipality_is_not_there(town: Town, name: str) -> None:
    elsewhere = Municipality.objects.create(number=15, name="Elders", phone="", hours="", address="")
    client = Client()
    client.force_login(Staff.objects.create(username="els", muni=elsewhere, role="administrator"))
    assert client.get(url(town, name)).status_code == 404


def enter(client: Client, password: str, username: str = "jan", **extra: str) -> int:
    """Try to log in."""
    data = {"username": username, "password": password}
    return client.post(reverse("desk:login"), data, **extra).status_code  # type: ignore[arg-type]


@pytest.fixture
def jan(town: Town) -> Staff:
    """Somebody with a password."""
    return Staff.objects.create_user("jan", password=PASSWORD, muni=town.muni)


def test_name_and_password_open_the_desk(jan: Staff, client: Client) -> None:
    assert enter(client, PASSWORD) == 302
    assert client.get(reverse("desk:home")).status_code == 200


def test_a_wrong_password_says_so_and_keeps_the_name(jan: Staff, client: Client) -> None:
    page = client.post(reverse("desk:login"), {"username": "jan", "password": "x"}).content.decode()
    assert "<title>Fout:" in page
    assert 'id="errors"' in page
    assert 'value="jan"' in page
    assert 'value="x"' not in page


def test_after_five_wrong_tries_even_the_right_password_waits(jan: Staff, client: Client) -> None:
    assert [enter(client, "x") for _ in range(login.TRIES)] == [200] * login.TRIES
    assert enter(client, PASSWORD) == 429
    assert client.get(reverse("desk:home")).status_code == 302


def test_a_stranger_elsewhere_does_not_lock_a_colleague_out(jan: Staff, client: Client) -> None:
    for _ in range(login.TRIES):
        enter(client, "x", REMOTE_ADDR="203.0.113.9")
    assert enter(client, PASSWORD) == 302


def test_the_count_starts_anew_after_the_wait(jan: Staff, client: Client) -> None:
    for _ in range(login.TRIES):
        enter(client, "x")
    cache.clear()
    assert enter(client, PASSWORD) == 302


def test_logging_in_goes_on_to_the_page_that_was_asked_for_but_to_no_other_site(jan: Staff) -> None:
    data = {"username": "jan", "password": PASSWORD}
    for asked, went in (("/desk/holders/", "/desk/holders/"), ("//evil.example", "/desk/"), ("", "/desk/")):
        answer = Client().post(f"{reverse('desk:login')}?next={asked}", data)
        assert answer.headers["Location"] == went


def test_who_logs_out_is_out(log_in: LogIn) -> None:
    client = log_in()
    client.post(reverse("desk:logout"))
    assert client.get(reverse("desk:home")).status_code == 302


def test_logging_out_is_not_a_link(log_in: LogIn) -> None:
    assert log_in().get(reverse("desk:logout")).status_code == 405


def test_who_does_nothing_is_out_after_half_an_hour(log_in: LogIn) -> None:
    client = log_in()
    client.get(reverse("desk:home"))
    assert client.session.get_expiry_age() == IDLE_SECONDS
    page = client.get(reverse("desk:home")).content.decode()
    assert f'data-idle="{IDLE_SECONDS}"' in page
    assert client.post(reverse("desk:stay")).status_code == 204


def told_idle(client: Client) -> bool:
    page = client.get(reverse("desk:home"), follow=True).content.decode()
    assert "Inloggen bij de balie" in page
    return "omdat hier een half uur niets is gedaan" in page


def test_who_was_logged_out_by_doing_nothing_is_told_so_and_nobody_else_is(log_in: LogIn) -> None:
    client, now = log_in(), int(timezone.now().timestamp())
    client.get(reverse("desk:home"))
    del client.cookies["sessionid"]  # as the browser does; here the session ended by something else
    assert not told_idle(client)
    assert now <= int(client.cookies[BUSY].value) <= now + 60
    client.cookies[BUSY] = str(now - IDLE_SECONDS)
    assert told_idle(client) and told_idle(client)
    wrong = client.post(reverse("desk:login"), {"username": "somebody", "password": "x"}).content.decode()
    assert "half uur" not in wrong
    client.force_login(Staff.objects.get(username="somebody"))
    client.get(reverse("desk:home"))
    client.cookies[BUSY] = str(now - IDLE_SECONDS)
    client.post(reverse("desk:logout"))
    assert not told_idle(client)
    arabic = "\u0663".encode().decode("latin-1")  # as a browser sends it
    for sent, told in (
        ("3", True),
        ("", False),
        ("x", False),
        ("-5", False),
        (arabic, False),
        ("9" * 30, False),
    ):
        assert told_idle(Client(headers={"cookie": f"{BUSY}={sent}"})) == told


def test_a_part_of_a_page_whose_time_is_up_sends_the_whole_page_to_the_login(town: Town) -> None:
    answer = Client().post(url(town, "top_up"), {"amount": "5"}, headers={"HX-Request": "true"})
    assert (answer.headers["HX-Refresh"], answer.content) == ("true", b"")


@pytest.mark.parametrize("name", sorted(POSTED))
def test_who_comes_back_to_a_page_that_only_takes_forms_lands_at_the_start(
    town: Town, log_in: LogIn, name: str
) -> None:
    answer = log_in().get(url(town, name))
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("desk:home"))


def test_no_form_is_taken_without_its_token(town: Town) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(town.staff)
    assert client.post(url(town, "letter")).status_code == 403


def test_the_maker_sees_no_button_to_approve_and_the_address_refuses(town: Town) -> None:
    batch = grant.top_up(
        voucher=town.voucher(CLOTHES), amount=60_000, reason="X", decision_ref="Z", staff=town.staff,
        now=timezone.now(), batch_id=uuid4(),
    )  # fmt: skip
    client = Client()
    client.force_login(town.staff)
    address = reverse("desk:approve", args=[batch.pk])
    assert address not in client.get(reverse("desk:batch", args=[batch.pk])).content.decode()
    client.post(address)
    batch.refresh_from_db()
    assert (batch.status, batch.approved_by) == ("waiting", None)


def test_pages_of_the_desk_stay_out_of_every_cache(log_in: LogIn) -> None:
    answer = log_in().get(reverse("desk:home"))
    assert "no-store" in answer.headers["Cache-Control"]
    assert timedelta(seconds=IDLE_SECONDS) < timedelta(hours=1)
