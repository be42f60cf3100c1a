"""The desk as tests ask for its pages."""

from html.parser import HTMLParser
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.worlds import CLOTHES, Town


def get(client: Client, name: str, /, *args: object) -> str:
    """A page as text, amounts with plain spaces."""
    answer = client.get(reverse(f"desk:{name}", args=args))
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ")


def post(client: Client, name: str, /, *args: object, **data: object) -> str:
    """The page that a form leads to."""
    answer = client.post(reverse(f"desk:{name}", args=args), data, follow=True)
    assert answer.status_code == 200
    page = answer.content.decode().replace("\u00a0", " ")
    assert "&lt;bdi" not in page, "an amount in a message is plain text"
    return page


def queries(client: Client, name: str, /, *args: object) -> int:
    """How many statements a page takes."""
    with CaptureQueriesContext(connection) as seen:
        get(client, name, *args)
    return len(seen)


class Page(HTMLParser):
    """What tests ask of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep each tag."""
        self.tags.append((tag, dict(attrs)))


def top_up(desk: Client, town: Town, amount: str, step: str, prg: int = CLOTHES, **more: object) -> str:
    """A step of topping up the holder."""
    data = {"amount": amount, "decision_ref": "Z-1", "reason": "Verhuizing", "batch_id": uuid4(), **more}
    return post(desk, "top_up", town.voucher(prg).pk, step=step, **data)
