"""A town whose books, log and bank files an auditor gets: all of it is made by the services themselves.

`build` fills the database and a folder; `Copy` is one auditor's own copy of both, in which one may cheat.
"""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.test import override_settings
from django.utils import timezone

from ledger import api, funds
from ledger.api import AccountKey, Code, Kind, Posting, overrides, payees, payouts, reconcile
from ledger.bank import camt053
from ledger.log import canonical, checkpoint, note, tiles
from ledger.models import Checkpoint, Cosignature, Fund, PainFile, Payout
from tests import worlds
from tests.actors import HeldPass, Phone, Till
from wallet.custody import custody
from wallet.models import Case, Programme, Staff
from wallet.protocol import keyring, pass_, presentation
from wallet.services import cards, catalogue, grant, signedcards
from wallet.services.sync import cases

MUNI = 14
WITNESSES = ("drenthe", "emmen", "assen")
OWN, CITY = "NL02ABNA0123456789", "NL91ABNA0417164300"
SHOPS = ("NL58ABNA0000000001", "NL31ABNA0000000002")
ONE, TWO = "staff:1", "staff:2"
ENDED = 71  # a fund whose last day is long past

Json = dict[str, Any]


def witness_key(name: str) -> note.SignerKey:
    seed = hashlib.sha256(name.encode()).digest()
    return note.SignerKey.from_seed(f"{name}.example/witness", note.COSIGNATURE_V1, seed)


@contextmanager
def places(folder: Path) -> Iterator[None]:
    """Settings that put everything of the town in one folder."""
    with override_settings(
        LOG_DIR=folder / "log",
        SIGNER_DIR=folder / "signer",
        KEYS_DIR=folder / "keys",
        POLICY_FILE=folder / "policy",
        BANK_DIR=folder / "bank",
        BANK_IBAN=OWN,
        BANK_NAME="Gemeente Teststad",
        FUNDING_IBAN=CITY,
        WITNESSES="",
        BASE_URL="http://log.example",
        SEAL_MINIMUM=1,
    ):
        catalogue.forget()
        yield
    catalogue.forget()


def build(folder: Path, authority: dict[str, str]) -> None:
    """A town in which all that the checks look at has happened at least once."""
    with places(folder):
        town, now = worlds.build(), timezone.now()
        log = api.setup_log(MUNI, now)
        lines = [f"log {key}" for key in log.vkeys] + [
            f"witness {n} {witness_key(n).verifier}" for n in WITNESSES
        ]
        (folder / "policy").write_text(
            "\n".join([*lines, "group all3 2 drenthe emmen assen", "quorum all3", ""])
        )
        _tell_keys()
        _shop_accounts(town, now)
        till = _pay(town)
        _settle()
        _export(1)
        _pay_again(town, till)
        _pay_offline(town, till)
        _top_up_with_two(town)
        _ended_fund()
        _settle()
        _close_fund()
        _let_pass(2, folder)
        _bank_says(folder)
        api.prove_cover(MUNI, timezone.now())
        _settle()
        with override_settings(
            ANCHORS="rfc3161", TSA_URL=authority["tsa_url"], TSA_ROOTS=authority["tsa_roots"]
        ):
            api.anchor(MUNI, timezone.now())
        shutil.copy(authority["tsa_roots"], folder / "tsa.pem")
        # What waits for the next batch.
        _wait(town, till)
        jwks = keyring.to_jwks(custody().public)
        (folder / "jwks.json").write_bytes(canonical_json(jwks))


def canonical_json(value: Any) -> bytes:
    import json

    return json.dumps(value).encode()


def _tell_keys() -> None:
    keys = [key for key in custody().public if key.vp_use in ("pass", "card")]
    events = [
        api.KeyEvent(key.vp_use, key.kid.lower(), _hex_thumbprint(key.public.thumbprint), key.nbf, key.exp)
        for key in keys
    ]
    api.key_events(MUNI, events)


def _hex_thumbprint(text: str) -> str:
    from wallet.protocol.strict import unb64

    return unb64(text).hex()


def _shop_accounts(town: worlds.Town, now: datetime) -> None:
    for shop, iban in zip((town.shop, town.other_shop), SHOPS, strict=True):
        party = api.merchant_party(MUNI, str(shop.number))
        first = payees.accounts(MUNI, party, now).waiting
        if first:  # the one that was told with the shop
            payees.refuse(first, TWO, now)
        made = payees.propose(MUNI, party, shop.name, iban, ONE, now - timedelta(days=30), name_check="match",
                              checked_at=now - timedelta(days=30))  # fmt: skip
        payees.approve(made, TWO, now - timedelta(days=20))


def _pay(town: worlds.Town) -> Till:
    """Payments of every form, a void and a refund."""
    till, other = town.till(), town.till(town.other_till_row)
    phone = town.phone()
    _must(phone.refill(worlds.CLOTHES, 6), 201)
    paid = [_sale(till, phone.passes[0], 1250), _sale(till, phone.passes[1], 800)]
    short = phone.passes[2]
    paid.append(_must(till.redeem(short.short_symbol(till.clock(), 900), 900, worlds.CLOTHES), 201))
    _must(till.give_back("void", paid[1]["id"], 800, worlds.CLOTHES), 201)
    _must(till.give_back("refunds", paid[0]["id"], 250, worlds.CLOTHES), 201)
    _sale(other, phone.passes[3], 300)
    neighbour = town.phone(town.neighbour)
    _must(neighbour.refill(worlds.ZOO, 1), 201)
    held = neighbour.passes[0]
    pres = till.scan(held.symbol(till.clock(), 2))
    _must(till.redeem(pres, 2, worlds.ZOO, cur="TKT"), 201)
    paper = cards.new_coupons(voucher=town.voucher(), amount=700, staff=town.staff, now=timezone.now())
    _must(till.pay_by_card(paper[0].text, 700), 201)
    return till


def _pay_again(town: worlds.Town, till: Till) -> None:
    phone = Phone(town.wire())
    _must(phone.activate(_code(town)), 201)
    _must(phone.refill(worlds.CLOTHES, 2), 201)
    _sale(till, phone.passes[0], 1100)
    card = cards.new_card(holder=town.neighbour, staff=town.staff, now=timezone.now())
    _must(till.pay_by_card(card.text, 450, card.pin, worlds.CLOTHES), 201)


def _sell_by_card(town: worlds.Town, till: Till, other: Till) -> None:
    """A signed card at a till, and its copy at another."""
    Programme.objects.filter(number=worlds.CLOTHES).update(card_ofl=400)
    catalogue.changed(town.muni.pk)
    card = cards.new_card(holder=town.holder, staff=town.staff, now=timezone.now())
    text = signedcards.text_of(card.signed[0])
    till.sell_card_offline(text, 100, worlds.CLOTHES)
    other.sell_card_offline(text, 400, worlds.CLOTHES)


def _pay_offline(town: worlds.Town, till: Till) -> None:
    """Sales without a connection: by a pot, by the guarantee for each of its reasons, taken back, late."""
    other = town.till(town.other_till_row)
    phone = Phone(town.wire())
    _must(phone.activate(_code(town)), 201)
    _must(phone.refill(worlds.CLOTHES, 8), 201)
    now, held = int(till.clock()), phone.passes
    till.bnd = now
    till.sell_offline(held[0].show(now, 500), 500, worlds.CLOTHES)
    till.sell_offline(held[1].show(now, 700), 800, worlds.CLOTHES)  # a part was allowed
    late = now - 8 * 86_400
    other.sell_offline(held[5].show(late, 500), 350, worlds.CLOTHES, iat=late, bnd=late, stl=late)
    _sell_by_card(town, till, other)
    other.sell_offline(held[0].show(now, 500), 400, worlds.CLOTHES)  # that pass was spent
    till.void_offline(till.sell_offline(held[2].show(now, 500), 300, worlds.CLOTHES))
    voided = till.sell_offline(held[3].show(now, 500), 300, worlds.CLOTHES)
    till.sell_offline(_of_a_stranger(held[4], now), 250, worlds.CLOTHES)
    _must(till.upload(), 200)
    _must(other.upload(), 200)
    till.void_offline(voided)  # the answer came too late
    _must(till.upload(), 200)
    for case in Case.objects.filter(code="late_record"):
        cases.close(case=case, choice="pay", reason="storm", staff=town.staff, now=timezone.now())
    now, left = int(till.clock()), town.balance(worlds.CLOTHES, town.neighbour) - 200
    spent = held[6].answer(now, left, other.merchant, "AAECAwQFBgc")
    _must(other.redeem(spent, left, worlds.CLOTHES), 201)
    till.sell_offline(held[7].show(now, 600), 600, worlds.CLOTHES)
    short = _must(till.upload(), 200)["results"][-1]
    _must(till.give_back("refunds", short["id"], 500, worlds.CLOTHES), 201)


def _of_a_stranger(held: HeldPass, now: int) -> str:
    """A pass that the issuer's key signed, and the issuer never issued."""
    said = replace(held._read(), jti="AAAAAAAAAAAAAAAA")
    token = pass_.issue(said, custody().pass_key.private)
    return presentation.present(token, presentation.open_proof(now, 500), held.key)


def _wait(town: worlds.Town, till: Till) -> None:
    """What waits for the next batch: offline by a pot, by a pot and the guarantee, and online."""
    town.top_up(2_000, worlds.CLOTHES, town.neighbour)
    phone = Phone(town.wire())
    _must(phone.activate(_code(town)), 201)
    _must(phone.refill(worlds.CLOTHES, 4), 201)
    large, small, other, last = phone.passes
    till.sell_offline(small.show(till.clock(), 500), 200, worlds.CLOTHES)
    _must(till.upload(), 200)
    left = town.balance(worlds.CLOTHES, town.neighbour) - 200
    spent = other.answer(till.clock(), left, till.merchant, "AAECAwQFBgc")
    _must(till.redeem(spent, left, worlds.CLOTHES), 201)
    _sale(till, last, 150)
    till.sell_offline(large.show(till.clock(), 500), 300, worlds.CLOTHES)
    short = _must(till.upload(), 200)["results"][-1]
    if short["outcome"] != "accepted_programme":
        raise AssertionError(short)
    town.top_up(5_000, worlds.CLOTHES, town.neighbour)


def _code(town: worlds.Town) -> str:
    from wallet.services import enrol

    return enrol.make_activation_code(town.neighbour, timezone.now())


def _sale(till: Till, held: HeldPass, amount: int) -> Json:
    pres = till.scan(held.symbol(till.clock(), amount))
    return _must(till.redeem(pres, amount, worlds.CLOTHES), 201)


def _must(answer: Any, status: int) -> Json:
    if answer.status != status:
        raise AssertionError(answer)
    return answer.body


def _top_up_with_two(town: worlds.Town) -> None:
    other = Staff.objects.create(username="second", muni=town.muni, role=Staff.Role.CASEWORKER)
    made = grant.top_up(
        voucher=town.voucher(),
        amount=60_000,
        reason="test",
        decision_ref="D-large",
        staff=town.staff,
        now=timezone.now(),
    )
    grant.approve(batch=made, staff=other, now=timezone.now())
    line = made.lines.get()
    grant.undo_line(line=line, staff=town.staff, reason="test", now=timezone.now())


def _ended_fund() -> None:
    """A fund that ended: what was left in its pot goes back, and then to the council."""
    today = timezone.localdate()
    Fund.objects.create(
        muni=MUNI,
        number=ENDED,
        name="Vorig jaar",
        name_en="Last year",
        from_on=today - timedelta(days=400),
        until_on=today - timedelta(days=60),
        grace_days=14,
    )
    pot, fund = api.open_accounts(
        [AccountKey(MUNI, Code.POT, ENDED, uuid.uuid4()), AccountKey(MUNI, Code.FUND, ENDED)]
    )
    api.allocate(muni=MUNI, fund=ENDED, amount=5_000, decision_ref="B-ended", actor=ONE, now=timezone.now())
    given = Posting(uuid.uuid4(), Kind.CORRECT, fund, pot, 2_000, "desk", "C-1", ONE, "test", timezone.now())
    api.post(MUNI, [given])
    funds.sweep(muni=MUNI, fund=ENDED, actor=ONE, now=timezone.now())


def _close_fund() -> None:
    funds.close_year(muni=MUNI, fund=ENDED, made_by=ONE, approved_by=TWO, now=timezone.now())


def _settle() -> None:
    """Seal and publish; the witnesses sign; it is served."""
    api.settle(MUNI, timezone.now(), force=True)
    for row in Checkpoint.objects.filter(cosignatures=None):
        for name in WITNESSES:
            text = note.Note.parse(row.note.encode()).text
            line = note.cosign(text, witness_key(name), int(timezone.now().timestamp())).line().rstrip("\n")
            Cosignature.objects.create(checkpoint=row, witness=name, line=line)
    api.settle(MUNI, timezone.now())


def _export(no: int) -> None:
    made = payouts.export(MUNI, no, ONE, timezone.now())
    if made.file is None:
        raise AssertionError("There was nothing to pay.")
    payouts.release(made.file, TWO, timezone.now())


def _let_pass(no: int, folder: Path) -> None:
    """A batch that is paid by exception, with two names under it, while nobody is believed."""
    excuse = overrides.make(MUNI, uuid.uuid4(), f"payout/{no}", "storm", "test", ONE, TWO, timezone.now())
    with override_settings(POLICY_FILE=folder / "nobody"):
        made = payouts.export(MUNI, no, ONE, timezone.now(), override=excuse)
    if made.file is None:
        raise AssertionError("There was nothing to pay.")
    payouts.release(made.file, TWO, timezone.now())


def _bank_says(folder: Path) -> None:
    """The city pays in, the shops are paid, one payment comes back, one line fits nothing."""
    first = PainFile.objects.order_by("pk")[0]
    paid = list(Payout.objects.filter(file=first).order_by("pk"))
    today = timezone.localdate()

    def line(ref: str, amount: int, **says: Any) -> camt053.Line:
        return camt053.Line(ref=ref, booked_on=today, credit=amount > 0, amount=abs(amount), **says)

    lines = [
        line("R1", 2_000_000, other_iban=CITY),
        *(line(f"P{i}", -one.amount, end_to_end=one.id.hex) for i, one in enumerate(paid)),
        # It came back yesterday; today, before anybody read that, the next file was made.
        replace(
            line("R2", paid[0].amount, end_to_end=paid[0].id.hex, return_code="AC04"),
            booked_on=today - timedelta(days=1),
        ),
        line("R3", 1_234, other_iban=SHOPS[1]),
    ]
    closing = sum(one.moved for one in lines)
    said = camt053.Statement("S1", 1, OWN, today, 0, closing, tuple(lines))
    (folder / "bank" / "in").mkdir(parents=True, exist_ok=True)
    for name in ("S1", "S1-again"):  # a bank may tell a statement twice, in two files
        data = camt053.write(camt053.Statements("camt.053.001.08", name, (said,)))
        (folder / "bank" / "in" / f"{name}.xml").write_bytes(data)
        reconcile.import_file(MUNI, f"{name}.xml", data, ONE, timezone.now())


# --- a copy to cheat in -------------------------------------------------------------------------------------
Change = Callable[[Json], None]


@dataclass
class Copy:
    """An auditor's copy. `sql` changes the books behind the guards' back; `rewrite` signs the log anew."""

    folder: Path
    dsn: str
    run: Callable[[str], None]
    ask: Callable[[str], list[tuple[Any, ...]]]
    raw: Callable[[str], None]
    """Runs a statement with the guards awake."""

    def sql(self, *statements: str) -> None:
        for statement in statements:
            self.run(statement)

    def one(self, query: str) -> Any:
        return self.ask(query)[0][0]

    @property
    def log(self) -> Path:
        return next((self.folder / "log").glob("gm*/*"))

    def leaves(self) -> list[bytes]:
        size = note_size(self.log)
        return list(tiles.Tree(lambda path: (self.log / path).read_bytes(), size).leaves())

    def find(self, t: str, nth: int = 0) -> int:
        """Index of the nth leaf of a type."""
        return [i for i, leaf in enumerate(self.leaves()) if canonical.decode(leaf)["t"] == t][nth]

    def rewrite(self, change: Callable[[list[bytes]], None]) -> None:
        """Change the leaves, build the tree anew, let the log and all partners sign. Stamps are dropped."""
        leaves = self.leaves()
        change(leaves)
        shutil.rmtree(self.log / "anchors", ignore_errors=True)
        shutil.rmtree(self.log / "tile")
        (self.log / "checkpoint").unlink()

        def nothing(path: str) -> bytes:
            raise FileNotFoundError(path)

        update = tiles.append(nothing, 0, leaves)
        for name, data in update.files:
            path = self.log / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        (self.log / "checkpoint").write_bytes(self.note(update.size, update.root).encode())

    def change(self, index: int, change: Change, books: bool = False) -> None:
        """Change one leaf of the log, and with `books` the database's copy of it as well."""

        def edit(leaves: list[bytes]) -> None:
            value = canonical.decode(leaves[index])
            change(value)
            leaves[index] = canonical.encode(value)

        self.rewrite(edit)
        if books:
            self.store_leaf(index, self.leaves()[index])

    def store_leaf(self, index: int, leaf: bytes) -> None:
        """Change the database's copy of a leaf."""
        self.sql(f"UPDATE ledger_log_entry SET leaf = {self.blob(leaf)} WHERE idx = {index}")

    def append(self, leaf: bytes) -> None:
        """Add a leaf at the end, to the log and to the database."""
        self.rewrite(lambda leaves: leaves.append(leaf))
        index = len(self.leaves()) - 1
        self.sql(
            "INSERT INTO ledger_log_entry (log_id, idx, leaf, source)"
            f" SELECT min(id), {index}, {self.blob(leaf)}, 'fraud:{index}' FROM ledger_log"
        )

    def blob(self, data: bytes) -> str:
        """Bytes as a literal of the engine."""
        return f"'\\x{data.hex()}'::bytea" if self.engine == "postgresql" else f"x'{data.hex()}'"

    @property
    def engine(self) -> str:
        return "postgresql" if self.dsn.startswith("postgres") else "sqlite"

    def issuer_key(self, use: str = "pass") -> int:
        """Index of the leaf about the key that signs passes, or cards."""
        leaves = [canonical.decode(leaf) for leaf in self.leaves()]
        return next(i for i, leaf in enumerate(leaves) if leaf["t"] == "key" and leaf["use"] == use)

    def note(self, size: int, root: bytes, names: tuple[str, ...] = WITNESSES) -> note.Note:
        """A state that the log and these witnesses sign."""
        at = int(timezone.now().timestamp())
        state = checkpoint.Checkpoint(self.origin, size, root)
        keys = [note.SignerKey.parse(line) for line in self._signer_keys()]
        own = [_signed(state, key, at) for key in keys]
        return note.Note(
            state.text(), (*own, *(note.cosign(state.text(), witness_key(n), at) for n in names))
        )

    @property
    def origin(self) -> str:
        return f"log.example/log/gm{MUNI:04d}/{self.log.name}"

    def _signer_keys(self) -> list[str]:
        return next((self.folder / "signer").glob("*.key")).read_text().split()

    def arguments(self) -> list[str]:
        """Everything that this auditor was given."""
        return [
            str(self.log), "--policy", str(self.folder / "policy"), "--books", self.dsn,
            "--keys", str(self.folder / "keys"), "--issuer", str(self.folder / "jwks.json"),
            "--bank", str(self.folder / "bank"), "--tsa-roots", str(self.folder / "tsa.pem"),
        ]  # fmt: skip


def _signed(state: checkpoint.Checkpoint, key: note.SignerKey, at: int) -> note.Signature:
    text = state.text()
    return note.sign(text, key) if key.verifier.algorithm == note.ED25519 else note.cosign(text, key, at)


def note_size(log: Path) -> int:
    return checkpoint.parse(note.Note.parse((log / "checkpoint").read_bytes()).text).size
