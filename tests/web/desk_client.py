"""The desk as tests ask for its pages."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse


def get(client: Client, name: str, /, *args: object) -> str:
    """A page as text, amounts with plain spaces."""
    answer = client.get(reverse(f"desk:{name}", args=args))
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ")


def post(client: Client, name: str, /, *args: object, **data: object) -> str:
    """The page that a form leads to."""
    answer = client.post(reverse(f"desk:{name}", args=args), data, follow=True)
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ")


def queries(client: Client, name: str, /, *args: object) -> int:
    """How many statements a page takes."""
    with CaptureQueriesContext(connection) as seen:
        get(client, name, *args)
    return len(seen)
