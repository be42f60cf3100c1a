"""The till's own reader: its built worker in Chromium, asked with pictures as the page asks it.

`frontend/src/scan/scanner.ts` draws the video on a canvas of at most 1280 pixels and sends its pixels to the
worker. The page here does the same with a picture file, and takes the time from the question to the answer.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks.scan.symbols import FRONTEND

PAGE = "<!doctype html><title>scan</title>"
MOST = 1280

ASK = """async (url) => {
  self.worker ??= new Worker(WORKER, { type: 'module' })
  self.asked ??= 0
  const answer = (kind) => new Promise((resolve, reject) => {
    const hear = ({ data }) => {
      if (data.kind === 'failed') reject(new Error('the worker has no reader'))
      if (data.kind !== kind || (kind === 'seen' && data.id !== self.asked)) return
      self.worker.removeEventListener('message', hear)
      resolve(data)
    }
    self.worker.addEventListener('message', hear)
    self.worker.addEventListener('error', (error) => reject(new Error(error.message)))
  })
  self.ready ??= answer('ready')
  const { engine } = await self.ready
  const bitmap = await createImageBitmap(await (await fetch(url, { cache: 'no-store' })).blob())
  const scale = Math.min(1, MOST / Math.max(bitmap.width, bitmap.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(bitmap.width * scale)
  canvas.height = Math.round(bitmap.height * scale)
  const context = canvas.getContext('2d', { willReadFrequently: true, alpha: false })
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  const started = performance.now()
  const image = context.getImageData(0, 0, canvas.width, canvas.height)
  const heard = answer('seen')
  const { data: pixels, width, height } = image
  self.worker.postMessage({ id: ++self.asked, pixels, width, height }, [pixels.buffer])
  const { text } = await heard
  return { text, engine, ms: performance.now() - started }
}"""


@dataclass(frozen=True)
class Read:
    """What a reader said of one picture: the text or None, and its milliseconds."""

    text: str | None
    ms: float


class Till:
    """The scanner of a till."""

    def __init__(self, page: Any, pictures: Path) -> None:
        self._page, self._pictures = page, pictures
        manifest = json.loads((FRONTEND / "dist/.vite/manifest.json").read_text())
        built = next(
            name for entry in manifest.values() for name in entry.get("assets", []) if "scan-worker" in name
        )
        self._ask = ASK.replace("WORKER", json.dumps(f"/static/{built}")).replace("MOST", str(MOST))
        self.engine = ""

    def read(self, name: str) -> Read:
        """Read the picture with this file name."""
        said = self._page.evaluate(self._ask, f"/pictures/{name}")
        self.engine = said["engine"]
        return Read(said["text"], said["ms"])


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def till_scanner(browser: Any, folder: Path) -> Iterator[Till]:
    """The scanner in a page of this browser; pictures are read from `folder`/pictures."""
    (folder / "index.html").write_text(PAGE)
    (folder / "pictures").mkdir(exist_ok=True)
    (folder / "static").symlink_to(FRONTEND / "dist")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        yield Till(page, folder / "pictures")
    finally:
        context.close()
        server.shutdown()
        server.server_close()
