"""The first visit of an app, by Lighthouse with devtools throttling: slow 4G, and a slow CPU.

Slow 4G is 1.6 Mbit/s down, 750 kbit/s up and 150 ms there and back. Lighthouse's values for it in devtools
are harsher: every request waits 562.5 ms; all together get 1 474.56 kbit/s down and 675 kbit/s up.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.browsers import program
from tests.running import ROOT

HERE = Path(__file__).parent
DIST = ROOT / "frontend" / "dist"
CHROMIUM = "--headless=new --no-sandbox --disable-gpu --ignore-certificate-errors --accept-lang=nl"
AUDITS = {
    "fcp_s": ("first-contentful-paint", 1000),
    "lcp_s": ("largest-contentful-paint", 1000),
    "tti_s": ("interactive", 1000),
    "tbt_ms": ("total-blocking-time", 1),
    "cls": ("cumulative-layout-shift", 1),
}
REQUESTS = "network-requests"


def first_load(url: str, slowdown: float) -> dict[str, float]:
    """Visit this address with a browser that was never there; the figures of AUDITS and the KB that came.

    `slowdown`: how many times slower the CPU is made.
    """
    only = ",".join([*(name for name, _ in AUDITS.values()), REQUESTS])
    command = [
        *(shutil.which("node") or "node", "node_modules/lighthouse/cli/index.js", url, "--quiet"),
        *("--throttling-method=devtools", f"--throttling.cpuSlowdownMultiplier={slowdown}"),
        *(f"--only-audits={only}", "--disable-full-page-screenshot"),
        *("--output=json", "--output-path=stdout", f"--chrome-flags={CHROMIUM}"),
    ]
    chrome = {"CHROME_PATH": program("chromium", "google-chrome")}
    said = subprocess.run(command, cwd=HERE, env=os.environ | chrome, check=True, stdout=subprocess.PIPE)
    audits = json.loads(said.stdout)["audits"]
    times = {name: _value(audits[audit]) / unit for name, (audit, unit) in AUDITS.items()}
    return times | _kilobytes(audits[REQUESTS]["details"]["items"])


def _value(audit: dict[str, Any]) -> float:
    """The figure of an audit. Raises RuntimeError when Lighthouse could not measure it."""
    if audit.get("numericValue") is None:
        raise RuntimeError(f"{audit['id']}: {audit.get('errorMessage', 'no figure')}")
    return float(audit["numericValue"])


def _kilobytes(requests: list[dict[str, Any]]) -> dict[str, float]:
    """All bytes that came, and the scripts as gzip would send them: the app's and those with its texts."""
    texts, scripts = _texts(), list(_scripts(requests))
    packed = {name: len(gzip.compress((DIST / name).read_bytes(), 9)) / 1024 for name in scripts}
    return {
        "transfer_kb": sum(request["transferSize"] for request in requests) / 1024,
        "js_gzip_kb": sum(size for name, size in packed.items() if name not in texts),
        "texts_gzip_kb": sum(size for name, size in packed.items() if name in texts),
    }


def _scripts(requests: list[dict[str, Any]]) -> Iterator[str]:
    for request in requests:
        place = urlsplit(request["url"]).path
        if request.get("resourceType") == "Script" and place.startswith("/static/"):
            yield place.removeprefix("/static/")


def _texts() -> set[str]:
    manifest = json.loads((DIST / ".vite" / "manifest.json").read_text())
    return {entry["file"] for key, entry in manifest.items() if key.startswith("src/locales/")}
