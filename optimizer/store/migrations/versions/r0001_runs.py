"""Runs, their plan folders and their events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the three tables."""
    texts = ("summary", "options", "versions", "timings", "audit", "log", "source", "by")
    op.create_table(
        "run",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("as_of", sa.String(6), nullable=False),
        sa.Column("case_hash", sa.String(64), nullable=False),
        sa.Column("solved_hash", sa.String(64), nullable=False),
        sa.Column("baseline", sa.Integer, sa.ForeignKey("run.number")),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("stop", sa.String(32), nullable=False),
        *(sa.Column(name, sa.Double) for name in ("objective", "bound", "gap")),
        sa.Column("material", sa.Boolean, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        sa.Column("sha256", sa.String(64), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "bundle",
        sa.Column("run", sa.Integer, sa.ForeignKey("run.number"), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "event",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("run", sa.Integer, sa.ForeignKey("run.number"), nullable=False),
        sa.Column("when", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
    )
    op.create_index("run_by_key", "run", ["key"])
    op.create_index("event_by_run", "event", ["run"])
    approved = sa.text("state = 'approved'")
    op.create_index("one_approved", "run", ["state"], unique=True, sqlite_where=approved, postgresql_where=approved)
