"""A phone or till that calls the server over HTTP, each call signed with its key (DPoP, spec 04)."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any, Protocol


class Signer(Protocol):
    """A software phone or till."""

    def sign_call(self, method: str, url: str, nonce: str | None, now: int) -> str:
        """Write the DPoP proof of one call."""


@dataclass(frozen=True)
class Reply:
    """Status, decoded JSON body and headers."""

    status: int
    body: Any
    headers: dict[str, str]


class Caller:
    """Calls `base_url` as one device; remembers the nonce that each answer brings."""

    def __init__(self, base_url: str, device: Signer | None = None) -> None:
        self._base, self._device, self._nonce = base_url, device, None

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Send one call; once more when the server wants a fresh nonce."""
        reply = self._send(method, path, body, headers)
        if reply.status == 401 and reply.body.get("code") == "use_dpop_nonce":
            reply = self._send(method, path, body, headers)
        return reply

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Reply:
        url = self._base + path
        if self._device:
            headers = {**headers, "DPoP": self._device.sign_call(method, url, self._nonce, int(time.time()))}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            url, data, {"Content-Type": "application/json", **headers}, method=method
        )
        reply = send(request)
        self._nonce = reply.headers.get("dpop-nonce", self._nonce)
        return reply


def send(request: urllib.request.Request) -> Reply:
    """Send a request; a refusal is an answer too."""
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            status, data, headers = answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            status, data, headers = error.code, error.read(), error.headers
    is_json = "json" in (headers.get("Content-Type") or "")
    lower = {name.lower(): value for name, value in headers.items()}
    return Reply(status, json.loads(data) if is_json and data else data.decode(errors="replace"), lower)
