"""The report as one page for a councillor: a verdict, two pictures, and what to do. It loads nothing.

One file, no script, no address to fetch from: it can be sent by mail, printed, and opened in ten years.
"""

from datetime import datetime
from html import escape

from ledger.audit.case import WITHOUT
from ledger.audit.check import Result
from ledger.audit.report import Report, euros, status
from ledger.audit.style import CSS
from ledger.audit.tables import HERE
from ledger.audit.words import CHECKS, GROUPS, REASONS, TEXTS, Group

LANGUAGES = tuple(TEXTS)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_PARTS = ("budgets", "pots", "owed", "paid", "closed")
_CALLS = {"privacy": "privacy_officer"}
_MONTHS = {
    "nl": [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}


def write(report: Report, language: str) -> str:
    """The page in `language`."""
    return _Page(report, language).html()


class _Page:
    def __init__(self, report: Report, language: str) -> None:
        self._report, self._language = report, language
        self._texts, self._checks = TEXTS[language], CHECKS[language]
        self._results = {result.id: result for result in report.results}

    def _say(self, key: str, **values: object) -> str:
        return escape(self._texts[key].format(**values))

    def html(self) -> str:
        """The whole page."""
        sections = (
            self._found(),
            self._money(),
            self._who(),
            self._checked(),
            self._not_checked(),
            self._again(),
        )
        return (
            f'<!doctype html>\n<html lang="{self._language}">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{self._say('title')}: {self._say('good' if self._report.ok else 'bad')}</title>\n"
            f"<style>{CSS}</style>\n</head>\n<body>\n<main>\n{self._verdict()}\n{''.join(sections)}</main>\n"
            "</body>\n</html>\n"
        )

    # --- the verdict ----------------------------------------------------------------------------------------
    def _verdict(self) -> str:
        ok, log = self._report.ok, self._report.case.log
        failed = [result for result in self._report.results if result.findings]
        many = "bad_one" if len(failed) == 1 else "bad_many"
        done = [result for result in self._report.results if not result.skipped]
        about = (
            self._say("about", origin=log.head.origin, size=f"{log.head.size:,}".replace(",", "\u202f"))
            if log
            else ""
        )
        return (
            f'<header class="{"good" if ok else "bad"}"><p class="kicker">{self._say("title")}</p>'
            f"<h1>{_mark('ok' if ok else 'failed')}{self._say('good' if ok else 'bad')}</h1>"
            f'<p class="lead">{self._say("good_why") if ok else self._say(many, n=len(failed))}</p>'
            f"<p>{self._say('counted', done=len(done), all=len(self._report.results))} {about} "
            f"{self._say('made', when=self._when(self._report.case.now))}</p></header>"
        )

    def _when(self, at: datetime) -> str:
        local = at.astimezone(HERE)
        return f"{local.day} {_MONTHS[self._language][local.month - 1]} {local.year}, {local:%H:%M}"

    def _found(self) -> str:
        wrong = [(group, result) for group in GROUPS for result in self._in(group) if result.findings]
        if not wrong:
            return ""
        return self._section("found", "".join(self._finding(group, result) for group, result in wrong))

    def _finding(self, group: Group, result: Result) -> str:
        exact = "".join(f"<li>{escape(sentence)}</li>" for sentence in result.findings)
        call = self._say(_CALLS.get(group.call, group.call))
        return (
            f'<article class="finding"><h3>{_mark("failed")}{escape(self._checks[result.id][1])}</h3>'
            f"<p><b>{self._say('call')}:</b> {call}.</p><details open><summary>{self._say('exact')}</summary>"
            f'<ul lang="en">{exact}</ul></details></article>'
        )

    # --- where the money is ---------------------------------------------------------------------------------
    def _money(self) -> str:
        money = self._report.money
        if not money:
            return self._section("money", f"<p>{self._say('money_none')}</p>")
        sums = self._results["A11"]
        warning = f'<p class="warning">{self._say("money_bad")}</p>' if status(sums) != "ok" else ""
        advanced = self._say("advanced", advanced=euros(money["advanced"])) if money["advanced"] else ""
        return self._section(
            "money",
            f"{warning}<p>{self._say('money_why', allocated=euros(money['allocated']))}</p>{self._bar(money)}"
            f"<ul class=legend>{''.join(self._legend(key, money[key]) for key in _PARTS)}</ul>"
            f"{f'<p>{advanced}</p>' if advanced else ''}",
        )

    def _bar(self, money: dict[str, int]) -> str:
        """Five pieces side by side, as long as they are worth; a piece of nothing is not drawn."""
        whole, at, pieces = sum(max(0, money[key]) for key in _PARTS) or 1, 0.0, []
        for key in _PARTS:
            width = 1000 * max(0, money[key]) / whole
            if width:
                shown = max(width - 3, 1.5)
                pieces.append(f'<rect class="{key}" x="{at:.1f}" y="0" width="{shown:.1f}" height="64"/>')
            at += width
        return (
            f'<svg class="bar" viewBox="0 0 1000 64" preserveAspectRatio="none" role="img" '
            f'aria-label="{self._say("money_alt")}">{"".join(pieces)}</svg>'
        )

    def _legend(self, key: str, cents: int) -> str:
        piece = f'<rect class="{key}" width="20" height="20"/>'
        swatch = f'<svg class="swatch" viewBox="0 0 20 20" aria-hidden="true">{piece}</svg>'
        return f"<li>{swatch}<b>{euros(cents)}</b> <span>{self._say(key)}</span></li>"

    # --- who signed -----------------------------------------------------------------------------------------
    def _who(self) -> str:
        if self._report.case.log is None:
            return ""
        enough = status(self._results["A8"]) == "ok"
        kind, said = ("sure", "enough") if enough else ("warning", "not_enough")
        signers = "".join(self._witness(name) for name in sorted(self._report.case.trusted.witnesses))
        return self._section(
            "who",
            f"<p>{self._say('who_why')}</p><ul class=witnesses>{signers}</ul>"
            f'<p class="{kind}">{self._say(said)}</p>',
        )

    def _witness(self, name: str) -> str:
        at = self._report.cosigned.get(name)
        said = (
            self._say("signed_at", when=self._when(datetime.fromtimestamp(at, HERE)))
            if at
            else self._say("not_signed")
        )
        return f"<li>{_mark('ok' if at else 'skipped')}<b>{escape(name)}</b> <span>{said}</span></li>"

    # --- what was checked -----------------------------------------------------------------------------------
    def _in(self, group: Group) -> list[Result]:
        return [self._results[id_] for id_ in group.checks]

    def _checked(self) -> str:
        return self._section("checked", f"<div class=groups>{''.join(map(self._group, GROUPS))}</div>")

    def _group(self, group: Group) -> str:
        results = self._in(group)
        states = {status(result) for result in results}
        state = "failed" if "failed" in states else "ok" if "ok" in states else "skipped"
        whole = states == {"ok"} and not any(result.not_done for result in results)
        word = "partly" if state == "ok" and not whole else state
        rows = "".join(self._row(result) for result in results)
        return (
            f'<section class="group {state}"><h3>{_mark(state)}<span>{self._say(group.key)}'
            f" <small>{self._say(word)}</small></span></h3><ul>{rows}</ul></section>"
        )

    def _row(self, result: Result) -> str:
        state = status(result)
        said = "in_part" if state == "ok" and result.not_done else state
        word = "" if said == "ok" else f" ({self._say(said)})"
        return f"<li>{_mark(state)}<span>{escape(self._checks[result.id][0])}{word}</span></li>"

    def _not_checked(self) -> str:
        reasons: dict[str, list[str]] = {}
        for result in self._report.results:
            for reason in [*result.not_done, *([result.skipped] if result.skipped else [])]:
                reasons.setdefault(self._reason(reason), []).append(self._checks[result.id][0])
        if not reasons:
            return ""
        rows = "".join(
            f"<dt>{escape(reason)}</dt><dd>{escape('; '.join(dict.fromkeys(what)))}.</dd>"
            for reason, what in reasons.items()
        )
        return self._section("not_checked", f"<p>{self._say('not_checked_why')}</p><dl>{rows}</dl>")

    def _reason(self, reason: str) -> str:
        words = REASONS[self._language]
        if reason in words:
            return words[reason]
        for key, text in WITHOUT.items():
            if text in reason:
                return words[key]
        what = [self._checks[id_][0] for id_ in self._checks if id_ in reason.replace(",", " ").split()]
        return words["rests"].format(what="; ".join(what)) if what else reason

    def _again(self) -> str:
        log = self._report.case.log
        root = f"<p>{self._say('root')}: <code>{log.head.root.hex()}</code></p>" if log else ""
        return self._section("again", f"<p>{self._say('again_why')}</p>{root}")

    def _section(self, key: str, body: str) -> str:
        return f'<section id="{key}"><h2>{self._say(key)}</h2>{body}</section>\n'


_SHAPES = {
    "ok": '<circle cx="12" cy="12" r="11"/><path d="M6.5 12.5l4 4 7-8.5"/>',
    "failed": '<circle cx="12" cy="12" r="11"/><path d="M7.5 7.5l9 9m0-9l-9 9"/>',
    "skipped": '<circle cx="12" cy="12" r="11"/><path d="M7 12h10"/>',
}


def _mark(state: str) -> str:
    """A tick, a cross or a dash; the words beside it say the same."""
    return f'<svg class="mark {state}" viewBox="0 0 24 24" aria-hidden="true">{_SHAPES[state]}</svg>'
