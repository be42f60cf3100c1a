"""The front page's doors, and what somebody reads where there is no page, no form or no luck."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory
from django.utils import translation
from django.views.defaults import server_error

from wallet.web.landing import DOORS

LOST = {"nl": "Deze pagina is er niet", "en": "This page is not here"}
EXPIRED = {"nl": "Dit formulier is verlopen", "en": "This form has expired"}
BROKEN = {"nl": "Er ging iets mis bij ons", "en": "Something went wrong on our side"}
both_languages = pytest.mark.parametrize("language", ["nl", "en"])


@pytest.mark.parametrize("door", DOORS)
def test_a_door_opens_without_its_last_stroke(door: str) -> None:
    answer = Client().get(f"/{door}?a=b")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/{door}/?a=b")


@both_languages
@pytest.mark.parametrize("path", ["/nothing", "/desk/nothing", "/log/nothing", "/wallet/nothing"])
def test_where_there_is_no_page_the_start_is_a_click_away(language: str, path: str) -> None:
    answer = Client().get(path, headers={"accept-language": language})
    page = answer.content.decode()
    assert answer.status_code == 404
    assert f"<h1>{LOST[language]}</h1>" in page
    assert 'class="button" href="/"' in page


@both_languages
def test_a_form_without_its_token_says_what_to_do(language: str) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/desk/login", {"username": "x"}, headers={"accept-language": language})
    assert answer.status_code == 403
    assert f"<h1>{EXPIRED[language]}</h1>" in answer.content.decode()


@both_languages
def test_an_error_of_ours_is_told_without_the_database(language: str) -> None:
    with translation.override(language):
        answer = server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert f"<h1>{BROKEN[language]}</h1>" in answer.content.decode()
