"""What a table of funds and months may show. Pure.

1. A cell in which something moved in fewer than `LEAST` payments is hidden: it could point at a person.
2. Totals are cells too, and are hidden in the same way.
3. Where one cell alone of a line and its total is hidden, a second one is, so that none can be worked out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ledger.showcase.summary import Flow, total

LEAST = 10
ALL = ""
"""Stands for all months, or all funds, together."""

Key = tuple[str, str]
"""(month, fund)"""


@dataclass(frozen=True)
class Table:
    """Cells by month and fund, totals among them under `ALL`; `hidden` may not be shown."""

    months: tuple[str, ...]
    funds: tuple[str, ...]
    cells: Mapping[Key, Flow]
    hidden: frozenset[Key]

    def shown(self, month: str, fund: str) -> Flow | None:
        """A cell, or None when it is hidden."""
        key = (month, fund)
        return None if key in self.hidden else self.cells.get(key, Flow())


def table(months: Mapping[str, Mapping[str, Flow]]) -> Table:
    """The table of what moved in each month, per fund."""
    rows = tuple(sorted(months))
    columns = tuple(sorted({fund for month in months.values() for fund in month}, key=_order))
    cells = {(month, fund): flow for month, funds in months.items() for fund, flow in funds.items()}
    for month in rows:
        cells[month, ALL] = total(months[month].values())
    for fund in columns:
        cells[ALL, fund] = total(cells.get((month, fund), Flow()) for month in rows)
    cells[ALL, ALL] = total(cells[month, ALL] for month in rows)
    return Table(rows, columns, cells, frozenset(_hidden(rows, columns, cells)))


def _order(fund: str) -> tuple[int, str]:
    """Numbers by their size, not as words."""
    return (len(fund), fund)


def _hidden(rows: tuple[str, ...], columns: tuple[str, ...], cells: Mapping[Key, Flow]) -> set[Key]:
    hidden = {key for key, flow in cells.items() if flow.n < LEAST and flow != Flow()}
    before = -1
    while len(hidden) != before:  # hiding one in a row may leave another alone in its column
        before = len(hidden)
        for line in _lines(rows, columns):
            hidden |= _second(line, cells, hidden)
    return hidden


def _lines(rows: tuple[str, ...], columns: tuple[str, ...]) -> Iterator[list[Key]]:
    """Cells that add up to a total, and that total."""
    yield from ([(month, fund) for fund in (*columns, ALL)] for month in (*rows, ALL))
    yield from ([(month, fund) for month in (*rows, ALL)] for fund in (*columns, ALL))


def _second(line: list[Key], cells: Mapping[Key, Flow], hidden: set[Key]) -> set[Key]:
    """The smallest other cell of a line with just one hidden cell, if it has one."""
    moved = [key for key in line if cells.get(key, Flow()) != Flow()]
    if sum(key in hidden for key in moved) != 1:
        return set()
    return set(sorted((key for key in moved if key not in hidden), key=lambda key: cells[key].n)[:1])
