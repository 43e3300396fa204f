"""The tables of a ledger, and the statements that read and extend a chain."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
META = sa.Table("meta", METADATA, sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text))
EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("prev", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)
ARTIFACTS = sa.Table(
    "artifacts",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)
FROM = (
    sa.select(EVENTS.c.text, EVENTS.c.hash)
    .where(EVENTS.c.campaign == sa.bindparam("campaign_"), EVENTS.c.seq >= sa.bindparam("seq_"))
    .order_by(EVENTS.c.seq)
)
ROWS = sa.select(EVENTS.c.seq, EVENTS.c.prev, EVENTS.c.hash, EVENTS.c.text).order_by(EVENTS.c.seq)
SOME = FROM.limit(sa.bindparam("count_"))
CAMPAIGNS = sa.text(
    # From one id to the next by the index: DISTINCT would go over every event.
    "WITH RECURSIVE known(campaign) AS (SELECT min(campaign) FROM events UNION ALL "
    "SELECT (SELECT min(campaign) FROM events WHERE campaign > known.campaign) FROM known "
    "WHERE known.campaign IS NOT NULL) SELECT campaign FROM known WHERE campaign IS NOT NULL ORDER BY campaign"
)
INSERT = sa.insert(EVENTS)
# Two processes may write one of these at the same moment: a server lets both begin, and the later finds it there.
PUT_ARTIFACT = sa.text("INSERT INTO artifacts (name, data) VALUES (:name, :data) ON CONFLICT (name) DO NOTHING")
PUT_NOTE = sa.text(
    "INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
