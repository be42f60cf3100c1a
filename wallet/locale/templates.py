"""Lets Babel read the translatable texts of Django templates, as Django itself sees them."""

import io
from collections.abc import Iterable
from typing import IO, Any

from babel.messages.extract import extract_python
from django.utils.translation.template import templatize


def extract(fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterable[Any]:
    """What Babel's extractors answer: line, function, messages, comments."""
    source = templatize(fileobj.read().decode())
    return extract_python(io.BytesIO(source.encode()), keywords, comment_tags, options)
