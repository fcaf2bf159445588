"""Add to scans how many findings are reported, and whether one is in doubt."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

HAS_FINDINGS = sa.text("findings > 0")
IS_IN_DOUBT = sa.text("in_doubt")
INDEXES = {"ix_scans_findings": HAS_FINDINGS, "ix_scans_in_doubt": IS_IN_DOUBT}
FILLING = "ix_scans_filling"
SCANS = sa.table(
    "scans", sa.column("result_id", sa.BigInteger), sa.column("findings", sa.Integer), sa.column("in_doubt", sa.Boolean)
)
RESULTS = sa.table("results", sa.column("id", sa.BigInteger), sa.column("result", sa.Text))


def upgrade() -> None:
    """The columns, filled from the results there are, and an index on either."""
    op.add_column("scans", sa.Column("findings", sa.Integer()))
    op.add_column("scans", sa.Column("in_doubt", sa.Boolean()))
    # Without it the whole table would be read for each result. No page asks by result, so it need not stay.
    op.create_index(FILLING, "scans", ["result_id"])
    fill(op.get_bind())
    op.drop_index(FILLING, "scans")
    for name, condition in INDEXES.items():
        op.create_index(name, "scans", ["batch_id", "rank", "id"], sqlite_where=condition, postgresql_where=condition)


def fill(connection: sa.Connection) -> None:
    """What the results say of the scans that have one; a thousand results at a time."""
    of_result = SCANS.c.result_id == sa.bindparam("id")
    statement = sa.update(SCANS).where(of_result).values(findings=sa.bindparam("n"), in_doubt=sa.bindparam("doubt"))
    query = sa.select(RESULTS.c.id, RESULTS.c.result).order_by(RESULTS.c.id).limit(1000)
    last = 0
    while rows := connection.execute(query.where(RESULTS.c.id > last)).all():
        connection.execute(statement, [told(*row) for row in rows])
        last = rows[-1][0]


def told(result_id: int, result: str) -> dict[str, object]:
    """What one result says."""
    reported = [finding for finding in json.loads(result).get("findings", ()) if finding["reported"]]
    doubts = [not finding["certain"] or finding["malignancy"]["label"] == "uncertain" for finding in reported]
    return {"id": result_id, "n": len(reported), "doubt": any(doubts)}


def downgrade() -> None:
    """Indexes first: they name the columns."""
    for name in INDEXES:
        op.drop_index(name, "scans")
    op.drop_column("scans", "in_doubt")
    op.drop_column("scans", "findings")
