"""The till's own records, as they came in, and the cases that people close.

What a record says never changes and no record goes; only what is held is decided later, once.
"""

import importlib
import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_0010 = importlib.import_module("wallet.migrations.0010_offline")
_run_0010 = _0010._run  # SQLite rebuilds the table of redemptions, which its triggers do not survive
_SAYS = (
    "muni_id", "till_id", "chain", "seq", "fork", "jti", "txn", "mode", "ref", "prg", "amount", "cur", "iat",
    "received_at", "sha256",
)  # fmt: skip
_CHANGED = "OLD.outcome <> 'held' OR {}"
POSTGRESQL = [
    f"""CREATE FUNCTION wallet_tillrecord_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NOT ({_CHANGED.format(" OR ".join(f"NEW.{n} IS DISTINCT FROM OLD.{n}" for n in _SAYS))})
     AND NEW.record IN (OLD.record, '') THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'record_stays' USING errcode = '23514';
END $$""",
    """CREATE TRIGGER wallet_tillrecord_keep BEFORE UPDATE OR DELETE ON wallet_tillrecord
FOR EACH ROW EXECUTE FUNCTION wallet_tillrecord_keep()""",
]
SQLITE = [
    f"""CREATE TRIGGER wallet_tillrecord_keep BEFORE UPDATE ON wallet_tillrecord
WHEN {_CHANGED.format(" OR ".join(f"NEW.{n} IS NOT OLD.{n}" for n in _SAYS))} OR NEW.record NOT IN (OLD.record, '')
BEGIN SELECT RAISE(ABORT, 'record_stays'); END""",
    """CREATE TRIGGER wallet_tillrecord_stay BEFORE DELETE ON wallet_tillrecord
BEGIN SELECT RAISE(ABORT, 'record_stays'); END""",
]
ON = {"postgresql": POSTGRESQL, "sqlite": SQLITE}
OFF = {
    "postgresql": ["DROP FUNCTION wallet_tillrecord_keep() CASCADE"],
    "sqlite": ["DROP TRIGGER wallet_tillrecord_keep", "DROP TRIGGER wallet_tillrecord_stay"],
}


def _run(statements):
    def run(apps, schema_editor):
        with schema_editor.connection.cursor() as cursor:
            for statement in statements[schema_editor.connection.vendor]:
                cursor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [
        ("wallet", "0010_offline"),
    ]

    operations = [
        migrations.AddField(
            model_name="till",
            name="acked_seq",
            field=models.BigIntegerField(
                default=0, help_text="Every record of the chain up to here is known"
            ),
        ),
        migrations.CreateModel(
            name="Case",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("code", models.CharField(help_text="The refusal's code, or what was found", max_length=30)),
                (
                    "refused",
                    models.PositiveBigIntegerField(default=0, help_text="Units that the shop does not have"),
                ),
                ("cents", models.PositiveBigIntegerField(default=0, help_text="The same in cents")),
                (
                    "guaranteed",
                    models.PositiveBigIntegerField(default=0, help_text="Cents that the guarantee paid"),
                ),
                ("proof", models.TextField(blank=True, help_text="The phone's proof (kb+jwt)")),
                ("proof_at", models.DateTimeField(null=True)),
                (
                    "first_proof",
                    models.TextField(
                        blank=True, help_text="The proof of the payment before, or its VP2 text"
                    ),
                ),
                ("first_proof_at", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("paid", "Paid"), ("closed", "Closed")],
                        default="open",
                        max_length=6,
                    ),
                ),
                (
                    "choice",
                    models.CharField(
                        blank=True,
                        choices=[("pay", "Pay"), ("leave", "Leave"), ("judge", "Judge"), ("seen", "Seen")],
                        max_length=5,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("four_eyes", models.BooleanField(default=False)),
                ("asked_at", models.DateTimeField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="wallet.redemption",
                    ),
                ),
                (
                    "muni",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="wallet.municipality"),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        help_text="What the shop was paid after all",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="wallet.redemption",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="wallet.programme"
                    ),
                ),
                (
                    "till",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="wallet.till"
                    ),
                ),
                (
                    "voucher",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="wallet.voucher",
                    ),
                ),
            ],
            options={
                "ordering": ["-opened_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="TillRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("chain", models.PositiveIntegerField()),
                ("seq", models.BigIntegerField()),
                (
                    "fork",
                    models.BooleanField(default=False, help_text="Another record has its place or its jti"),
                ),
                ("jti", models.UUIDField()),
                ("txn", models.UUIDField()),
                ("mode", models.CharField(max_length=6)),
                ("ref", models.UUIDField(help_text="What a void or refund names", null=True)),
                ("prg", models.PositiveIntegerField()),
                ("amount", models.PositiveIntegerField(help_text="In the programme's units")),
                ("cur", models.CharField(max_length=3)),
                ("iat", models.DateTimeField(help_text="When, by the till's clock")),
                ("received_at", models.DateTimeField()),
                (
                    "record",
                    models.TextField(help_text="The signed record; empty when its redemption keeps it"),
                ),
                ("sha256", models.BinaryField(max_length=32)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("accepted", "Accepted"),
                            ("accepted_programme", "Accepted Programme"),
                            ("duplicate_record", "Duplicate"),
                            ("rejected", "Rejected"),
                            ("held", "Held"),
                            ("noted", "Noted"),
                        ],
                        max_length=18,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=30)),
                ("approved", models.PositiveIntegerField(default=0, help_text="Paid of this sale, in units")),
                (
                    "pass_jti",
                    models.CharField(
                        help_text="The pass that was spent, when the redemption names none",
                        max_length=16,
                        null=True,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="records",
                        to="wallet.case",
                    ),
                ),
                (
                    "muni",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="wallet.municipality"
                    ),
                ),
                (
                    "redemption",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="till_records",
                        to="wallet.redemption",
                    ),
                ),
                (
                    "till",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="records",
                        to="wallet.till",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["muni", "state", "-opened_at"], name="wallet_case_muni_id_4383eb_idx"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["voucher", "opened_at"], name="case_of_voucher"),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_by__isnull", True), ("state", "open")),
                    models.Q(
                        models.Q(("state", "open"), _negated=True),
                        ("decided_by__isnull", False),
                        models.Q(("choice", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="case_closed_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("four_eyes", False),
                    ("state", "open"),
                    models.Q(
                        ("asked_by__isnull", False),
                        models.Q(("asked_by", models.F("decided_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="case_two_people",
            ),
        ),
        migrations.AddIndex(
            model_name="tillrecord",
            index=models.Index(
                condition=models.Q(("outcome", "held")), fields=["till"], name="till_record_held"
            ),
        ),
        migrations.AddIndex(
            model_name="tillrecord",
            index=models.Index(
                condition=models.Q(("ref__isnull", False)), fields=["ref"], name="till_record_ref"
            ),
        ),
        migrations.AddIndex(
            model_name="tillrecord",
            index=models.Index(
                condition=models.Q(("pass_jti__isnull", False)), fields=["pass_jti"], name="till_record_pass"
            ),
        ),
        migrations.AddConstraint(
            model_name="tillrecord",
            constraint=models.UniqueConstraint(
                condition=models.Q(("fork", False)),
                fields=("till", "chain", "seq"),
                name="till_record_seq_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="tillrecord",
            constraint=models.UniqueConstraint(
                condition=models.Q(("fork", False)), fields=("till", "jti"), name="till_record_jti_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="tillrecord",
            constraint=models.UniqueConstraint(
                condition=models.Q(("fork", True)), fields=("till", "sha256"), name="till_record_fork_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="tillrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("outcome", "held")),
                    models.Q(models.Q(("outcome", "held"), _negated=True), ("decided_at__isnull", False)),
                    _connector="OR",
                ),
                name="till_record_held_or_decided",
            ),
        ),
        migrations.AddConstraint(
            model_name="tillrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("outcome__in", ["accepted", "accepted_programme", "duplicate_record"]), _negated=True
                    ),
                    models.Q(("approved__gte", 1), ("redemption__isnull", False)),
                    _connector="OR",
                ),
                name="till_record_accepted_is_paid",
            ),
        ),
        migrations.AddConstraint(
            model_name="tillrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "rejected"), _negated=True),
                    models.Q(("case__isnull", False), ("redemption__isnull", True)),
                    _connector="OR",
                ),
                name="till_record_rejected_has_case",
            ),
        ),
        migrations.RunPython(_run(ON), _run(OFF)),
        _run_0010("sqlite", _0010._ASIDE),
        migrations.RemoveConstraint("redemption", "redemption_seq_once"),
        migrations.AddConstraint(
            "redemption",
            models.UniqueConstraint(
                fields=["till", "chain", "seq"], condition=models.Q(mode="on"), name="redemption_seq_once"
            ),
        ),
        _run_0010("sqlite", [_0010._SQLITE, *_0010._refund_post]),
    ]
