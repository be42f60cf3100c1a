"""What the desk cannot do, in words that say what to do now, next to the field they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Refused(ValueError):  # noqa: N818 - it says what happened
    """A desk verb changed nothing. `field` names the form field to look at, if there is one."""

    def __init__(self, message: StrOrPromise, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
