"""A scripted lab to test in, and ledgers: SQLite always; PostgreSQL where ZOSIMOS_TEST_POSTGRES names a server."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from scripted_lab import ScriptedLab

from zosimos.campaign.ledger.database.engine import normalised_url
from zosimos.campaign.ledger.store import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty SQLite ledger, closed after the test."""
    with Ledger(str(tmp_path / "ledger.db")) as opened:
        yield opened


@pytest.fixture
def lab(tmp_path: Path) -> ScriptedLab:
    """A lab that keeps a journal, in which nothing goes wrong unless the test says so."""
    return ScriptedLab(tmp_path / "journal")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a store that holds nothing, of each kind."""
    if request.param == "sqlite":
        yield normalised_url(str(tmp_path / "store.db"))
        return
    server = os.environ.get("ZOSIMOS_TEST_POSTGRES")
    if not server:
        pytest.skip("ZOSIMOS_TEST_POSTGRES names no server")
    schema = f"zosimos_{uuid.uuid4().hex}"
    engine = sa.create_engine(normalised_url(server))
    try:
        with engine.begin() as connection:
            connection.execute(sa.schema.CreateSchema(schema))
        url = engine.url.update_query_dict({"options": f"-csearch_path={schema}"})
        yield url.render_as_string(hide_password=False)
        with engine.begin() as connection:
            connection.execute(sa.schema.DropSchema(schema, cascade=True))
    finally:
        engine.dispose()


@pytest.fixture
def store(store_url: str) -> Iterator[Ledger]:
    """An empty ledger on each kind of store, closed after the test."""
    with Ledger(store_url) as opened:
        yield opened
