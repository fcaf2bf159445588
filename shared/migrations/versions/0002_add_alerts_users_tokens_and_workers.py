"""Add alerts, users, tokens and workers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
ESCALATES = sa.text("escalate_at IS NOT NULL")
UNACKNOWLEDGED = sa.text("acknowledged_at IS NULL")
UNDIGESTED = sa.text("NOT digested")
PENDING = sa.text("state = 'pending'")
SENDING = sa.text("state = 'sending'")
FINISHED = sa.text("state IN ('done', 'failed', 'rejected')")


def words(column: str, *values: str) -> sa.Enum:
    """Text with a check constraint."""
    return sa.Enum(*values, name=column, native_enum=False, create_constraint=True, length=12)


def upgrade() -> None:
    """The outbox of alerts, access, and what the installation is made of."""
    create_alerts()
    create_deliveries()
    create_alert_events()
    create_matches()
    create_access()
    create_workers()
    create_models()
    op.create_index("ix_scans_finished", "scans", ["updated_at"], sqlite_where=FINISHED, postgresql_where=FINISHED)


def create_access() -> None:
    """People and programs that may come in."""
    op.create_table(
        "users",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_login_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("last_used_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("digest", name="uq_api_tokens_digest"),
        sa.UniqueConstraint("name", name="uq_api_tokens_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ended_logins",
        sa.Column("login", sa.String(length=43), nullable=False),
        sa.Column("ended_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("login", name="pk_ended_logins"),
    )


def create_models() -> None:
    """Models that workers have loaded."""
    op.create_table(
        "models",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("first_seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name="pk_models"),
    )


def create_workers() -> None:
    """Worker processes that were seen."""
    op.create_table(
        "workers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("release", sa.Text()),
        sa.Column("engine", sa.Text()),
        sa.Column("threads", sa.Integer(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_workers"),
    )


def create_alerts() -> None:
    """What people must know."""
    op.create_table(
        "alerts",
        sa.Column("id", ID, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", words("kind", "at once", "digest"), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("scan_id", ID),
        sa.Column("result_id", ID),
        sa.Column("ladder", sa.Text(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("escalate_at", TIME),
        sa.Column("last_at_once", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("acknowledged_at", TIME),
        sa.Column("acknowledged_by", sa.Text()),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_alerts_batch_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["result_id"], ["results.id"], name="fk_alerts_result_id"),
        sa.ForeignKeyConstraint(["scan_id"], ["scans.id"], name="fk_alerts_scan_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.UniqueConstraint("subject", name="uq_alerts_subject"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alerts_batch_id_id", "alerts", ["batch_id", "id"])
    op.create_index("ix_alerts_escalate", "alerts", ["escalate_at"], sqlite_where=ESCALATES, postgresql_where=ESCALATES)
    op.create_index("ix_alerts_open", "alerts", ["id"], sqlite_where=UNACKNOWLEDGED, postgresql_where=UNACKNOWLEDGED)
    op.create_index("ix_alerts_result_id", "alerts", ["result_id"])


def create_deliveries() -> None:
    """Alerts on their way to a recipient."""
    op.create_table(
        "deliveries",
        sa.Column("id", ID, nullable=False),
        sa.Column("alert_id", ID, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", words("state", "pending", "sending", "sent", "failed", "cancelled"), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("repeat", sa.Boolean(), nullable=False),
        sa.Column("queued_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("lease_until", TIME),
        sa.Column("handed_at", TIME),
        sa.Column("sent_at", TIME),
        sa.Column("reason", sa.Text()),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_deliveries_alert_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("alert_id", "channel", "recipient", name="uq_deliveries_alert_id_channel_recipient"),
        sa.UniqueConstraint("key", name="uq_deliveries_key"),
        sqlite_autoincrement=True,
    )
    due = ["channel", "due_at", "attempt", "id"]
    op.create_index("ix_deliveries_due", "deliveries", due, sqlite_where=PENDING, postgresql_where=PENDING)
    op.create_index(
        "ix_deliveries_lease", "deliveries", ["lease_until"], sqlite_where=SENDING, postgresql_where=SENDING
    )


def create_alert_events() -> None:
    """The record of each alert."""
    op.create_table(
        "alert_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("alert_id", ID, nullable=False),
        sa.Column("delivery_id", ID),
        sa.Column("at", TIME, nullable=False),
        sa.Column(
            "kind",
            words("kind", "queued", "sent", "postponed", "failed", "cancelled", "escalated", "acknowledged"),
            nullable=False,
        ),
        sa.Column("detail", sa.Text()),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_alert_events_alert_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name="fk_alert_events_delivery_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_alert_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_events_alert_id_id", "alert_events", ["alert_id", "id"])


def create_matches() -> None:
    """Scans that a rule wants told."""
    op.create_table(
        "alert_matches",
        sa.Column("scan_id", ID, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("at_once", sa.Boolean(), nullable=False),
        sa.Column("digested", sa.Boolean(), nullable=False),
        sa.Column("alert_id", ID),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_alert_matches_alert_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_alert_matches_batch_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["scan_id"], ["scans.id"], name="fk_alert_matches_scan_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("scan_id", "rule", name="pk_alert_matches"),
    )
    op.create_index("ix_alert_matches_alert_id", "alert_matches", ["alert_id"])
    op.create_index(
        "ix_alert_matches_undigested",
        "alert_matches",
        ["batch_id"],
        sqlite_where=UNDIGESTED,
        postgresql_where=UNDIGESTED,
    )


def downgrade() -> None:
    """Indexes go with their tables."""
    op.drop_index("ix_scans_finished", "scans")
    for table in (
        "alert_events",
        "deliveries",
        "alert_matches",
        "alerts",
        "workers",
        "users",
        "ended_logins",
        "models",
        "api_tokens",
    ):
        op.drop_table(table)
