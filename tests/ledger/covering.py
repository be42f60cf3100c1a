"""Proofs of cover as tests make and read them."""

from __future__ import annotations

from pytest_django.fixtures import Settings

from ledger import api, pots
from ledger.log import cover as tree
from ledger.log import entry, merkle, policy, proof
from ledger.models import Account, CoverProof
from tests.ledger.conftest import FUND, MUNI, Town


def leaf_of(made: CoverProof) -> entry.Cover:
    """The leaf of a proof; its sums fit."""
    leaf = entry.parse(bytes(made.entry.leaf))
    assert isinstance(leaf, entry.Cover) and leaf.sums() == []
    return leaf


def prove(town: Town, again: bool = False) -> entry.Cover:
    """Make a proof now, in a log that is open."""
    api.setup_log(MUNI, town.now)
    return leaf_of(api.prove_cover(MUNI, town.now, again))


def shown(town: Town, accounts: list[int], settings: Settings) -> pots.PotProofs:
    """What phones get for these accounts, checked as a phone does: leaf, parts, and what moved since."""
    found = api.cover_of(MUNI, accounts, town.now)
    outer = proof.parse(found.tlog_proof)
    trust = policy.parse(settings.POLICY_FILE.read_text())
    proof.verify(outer, merkle.leaf_hash(outer.extra), trust)
    leaf = entry.parse(outer.extra)
    assert isinstance(leaf, entry.Cover)
    for pot in found.pots:
        account = Account.objects.get(id=pot.account)
        for part, told in enumerate(pot.parts):
            named = tree.name(MUNI, leaf.date, leaf.no, account.code, FUND, str(account.party), part)
            tree.verify(leaf, named, told)
        reckoned = sum(part.amount for part in pot.parts) + sum(moved.amount for moved in pot.since)
        assert reckoned == pot.balance == town.balance(pot.account)
    return found
