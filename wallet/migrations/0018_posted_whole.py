"""A redemption is posted whole or not written: also when its shop or the guarantee's account does not exist.

There is no foreign key (docs/decisions/0009), so the trigger asks whether its own insert found what it needs.
"""

import importlib

from django.db import migrations

_offline = importlib.import_module("wallet.migrations.0010_offline")
_SAYS = "wallet: a redemption is posted whole"


def _postgresql():
    refuse = f"RAISE EXCEPTION '{_SAYS}' USING ERRCODE = '23514'"
    pot = _offline._posting("NEW.id::text", "NEW.till_id", "::bigint", "pot_id")
    guarantee = _offline._guarantee("NEW.id::text", "NEW.till_id")
    pot_missed = f"""
  IF NOT FOUND AND NEW.approved::bigint * NEW.unit_cents > NEW.guaranteed THEN
    {refuse};
  END IF;"""
    guarantee_missed = f"""
    IF NOT FOUND THEN
      {refuse};
    END IF;"""
    return [_asking(_offline._POSTGRESQL, {pot: pot_missed, guarantee: guarantee_missed})]


def _sqlite():
    """`changes()` is what the statement before it inserted, without what triggers did."""
    ids = _offline._dashed("NEW.id"), _offline._dashed("NEW.till_id")
    refuse = f"\n  SELECT RAISE(ABORT, '{_SAYS}') WHERE changes() = 0 AND "
    pot, guarantee = _offline._posting(*ids, "", _offline._POT), _offline._guarantee(*ids)
    asked = {
        pot: f"{refuse}NEW.approved * NEW.unit_cents > NEW.guaranteed;",
        guarantee: f"{refuse}NEW.guaranteed > 0;",
    }
    return ["DROP TRIGGER wallet_redemption_post", _asking(_offline._SQLITE, asked)]


def _asking(trigger, questions):
    """The trigger of 0010, with a question after each part that it posts."""
    for part, question in questions.items():
        trigger = trigger.replace(part, part + question)
    return trigger


class Migration(migrations.Migration):
    dependencies = [("wallet", "0017_guarantee")]
    operations = [_offline._run("postgresql", _postgresql()), _offline._run("sqlite", _sqlite())]
