"""What a witness counts, for its administrator's monitoring (spec 08-witness, section 5).

Sizes and kept notes come from the memory; requests are counted since the process started. A log that is not
watched is counted under no name, so that strangers cannot fill the page.
"""

from collections import Counter
from collections.abc import Mapping
from threading import Lock

from ledger.log.prometheus import Metric, text
from ledger.witness.store import Store


class Tally:
    """Requests by log and status; any thread may count."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, int]] = Counter()
        self._lock = Lock()

    def count(self, origin: str, status: int) -> None:
        """One request about the log `origin` ("": none that is watched) was answered with `status`."""
        with self._lock:
            self._counts[origin, status] += 1

    def page(self, store: Store) -> bytes:
        """The page for Prometheus."""
        with self._lock:
            counts = dict(self._counts)
        logs, proofs = store.watched(), store.contradictions()
        sizes = [({"log": origin}, float(size)) for origin, size, _ in logs]
        times = [({"log": origin}, float(at)) for origin, _, at in logs if at]
        proved = [({"log": origin}, float(proofs.get(origin, 0))) for origin, _, _ in logs]
        metrics = [
            Metric("meedoen_witness_size", "gauge", "Leaves of the checkpoint cosigned last.", sizes),
            Metric("meedoen_witness_cosigned_timestamp_seconds", "gauge", "When it was cosigned.", times),
            Metric("meedoen_witness_kept_notes", "gauge", "Notes kept as evidence.", _lines(store.kept())),
            Metric("meedoen_witness_contradictions", "gauge", "Sizes for which it signed two roots.", proved),
            Metric("meedoen_witness_requests_total", "counter", "Requests answered.", _lines(counts)),
        ]
        return text(metrics).encode()


def _lines(counts: Mapping[tuple[str, int], int]) -> list[tuple[dict[str, str], float]]:
    return [({"log": origin, "status": str(status)}, n) for (origin, status), n in sorted(counts.items())]
