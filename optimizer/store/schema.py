"""The tables of the store. `migrations` bring a database to them, one revision a change."""

import sqlalchemy as sa

HEAD = "0001"
metadata = sa.MetaData()

run = sa.Table(
    "run",
    metadata,
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
    sa.Column("objective", sa.Double),
    sa.Column("bound", sa.Double),
    sa.Column("gap", sa.Double),
    sa.Column("material", sa.Boolean, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("options", sa.Text, nullable=False),
    sa.Column("versions", sa.Text, nullable=False),
    sa.Column("timings", sa.Text, nullable=False),
    sa.Column("audit", sa.Text, nullable=False),
    sa.Column("log", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sqlite_autoincrement=True,
)
bundle = sa.Table(
    "bundle",
    metadata,
    sa.Column("run", sa.Integer, sa.ForeignKey("run.number"), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
event = sa.Table(
    "event",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("run", sa.Integer, sa.ForeignKey("run.number"), nullable=False),
    sa.Column("when", sa.DateTime(timezone=True), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)
sa.Index("run_by_key", run.c.key)
sa.Index("event_by_run", event.c.run)
sa.Index(
    "one_approved",
    run.c.state,
    unique=True,
    sqlite_where=run.c.state == "approved",
    postgresql_where=run.c.state == "approved",
)
