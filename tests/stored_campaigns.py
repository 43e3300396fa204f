"""Campaigns that an earlier version stored, put into a ledger row by row."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import sqlalchemy as sa

FOLDER = Path(__file__).parent / "stored"


def restore(name: str, ledger: Path) -> str:
    """Write a stored campaign's rows into a new SQLite file as they are, and return its id."""
    campaign = ""
    engine = sa.create_engine(f"sqlite:///{ledger}")
    with engine.begin() as to:
        for statement in (
            "create table meta (name text primary key, value text)",
            "create table artifacts (name text primary key, data blob not null)",
            "create table events (campaign text not null, seq integer not null, prev text not null,"
            " hash text not null, text text not null, primary key (campaign, seq))",
        ):
            to.exec_driver_sql(statement)
        for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "meta" in row:
                to.exec_driver_sql("insert into meta values (?, ?)", (row["meta"], row["value"]))
            elif "artifact" in row:
                data = base64.b64decode(row["data"])
                to.exec_driver_sql("insert into artifacts values (?, ?)", (row["artifact"], data))
            else:
                campaign = row["campaign"]
                values = tuple(row[key] for key in ("campaign", "seq", "prev", "hash", "text"))
                to.exec_driver_sql("insert into events values (?, ?, ?, ?, ?)", values)
    engine.dispose()
    return campaign
