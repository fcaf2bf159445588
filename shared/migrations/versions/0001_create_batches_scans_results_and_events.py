"""Create batches, scans, results and events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
OPEN = sa.text("state = 'open'")
WAITING = sa.text("state IN ('received', 'queued')")
RUNNING = sa.text("state = 'running'")


def words(column: str, *values: str) -> sa.Enum:
    """Text with a check constraint."""
    return sa.Enum(*values, name=column, native_enum=False, create_constraint=True, length=12)


def priority() -> sa.Enum:
    """The words of Priority."""
    return words("priority", "urgent", "routine")


def scan_state(column: str = "state") -> sa.Enum:
    """The words of ScanState."""
    return words(column, "received", "queued", "running", "done", "failed", "rejected", "cancelled")


def upgrade() -> None:
    """Tables, then the indexes that the queue's questions use."""
    create_batches()
    create_results()
    create_scans()
    create_events()


def create_batches() -> None:
    """One row per batch, with its counters."""
    op.create_table(
        "batches",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("priority", priority(), nullable=False),
        sa.Column("state", words("state", "open", "closed"), nullable=False),
        sa.Column("client_key", sa.Text()),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("closed_at", TIME),
        sa.Column("last_scan_at", TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("n_received", sa.Integer(), nullable=False),
        sa.Column("n_queued", sa.Integer(), nullable=False),
        sa.Column("n_running", sa.Integer(), nullable=False),
        sa.Column("n_done", sa.Integer(), nullable=False),
        sa.Column("n_failed", sa.Integer(), nullable=False),
        sa.Column("n_rejected", sa.Integer(), nullable=False),
        sa.Column("n_cancelled", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "n_received >= 0 AND n_queued >= 0 AND n_running >= 0 AND n_done >= 0 AND n_failed >= 0"
            " AND n_rejected >= 0 AND n_cancelled >= 0",
            name="counters",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_batches_client_key", "batches", ["client_key"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index("ix_batches_quiet", "batches", ["last_scan_at"], sqlite_where=OPEN, postgresql_where=OPEN)


def create_results() -> None:
    """One row per file content and release of the model set."""
    op.create_table(
        "results",
        sa.Column("id", ID, primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("status", scan_state("status"), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("images", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.UniqueConstraint("sha256", "release"),
        sqlite_autoincrement=True,
    )


def create_scans() -> None:
    """One row per file of a batch."""
    op.create_table(
        "scans",
        sa.Column("id", ID, primary_key=True),
        sa.Column("batch_id", ID, sa.ForeignKey("batches.id", ondelete="CASCADE"), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("state", scan_state(), nullable=False),
        sa.Column("priority", priority(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("solo", sa.Boolean(), nullable=False),
        sa.Column("solo_attempts", sa.Integer(), nullable=False),
        sa.Column("worker", sa.Text()),
        sa.Column("lease_until", TIME),
        sa.Column("sent_at", TIME),
        sa.Column("waiting_since", TIME, nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("result_id", ID, sa.ForeignKey("results.id")),
        sa.Column("tumor_probability", sa.Double()),
        sa.Column("urgency", sa.Double()),
        sa.Column("rank", sa.Double(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.UniqueConstraint("batch_id", "path"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_scans_batch_id_id", "scans", ["batch_id", "id"])
    op.create_index("ix_scans_batch_id_state_id", "scans", ["batch_id", "state", "id"])
    op.create_index("ix_scans_worklist", "scans", ["batch_id", "rank", "id"])
    op.create_index("ix_scans_claim", "scans", ["priority", "id"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_scans_age", "scans", ["waiting_since"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_scans_unsent", "scans", ["sent_at", "id"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_scans_lease", "scans", ["lease_until"], sqlite_where=RUNNING, postgresql_where=RUNNING)


def create_events() -> None:
    """One row per change of a scan's state."""
    op.create_table(
        "scan_events",
        sa.Column("id", ID, primary_key=True),
        sa.Column("scan_id", ID, sa.ForeignKey("scans.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("from_state", scan_state("from_state")),
        sa.Column("to_state", scan_state("to_state"), nullable=False),
        sa.Column("reason", sa.Text()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_scan_events_scan_id_id", "scan_events", ["scan_id", "id"])


def downgrade() -> None:
    """Indexes go with their tables."""
    for table in ("scan_events", "scans", "results", "batches"):
        op.drop_table(table)
