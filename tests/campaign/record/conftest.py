"""What tests of snapshots share: pages of a few, and one ledger a module."""

from collections.abc import Iterator

import pytest

from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.snapshot import sizes


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of a few, so that short histories fill many."""
    for name, size in {"PAGE": 4, "REFS": 3, "KEYS": 5, "IN_CORE": 2, "EVERY": 7, "WORTH": 1}.items():
        monkeypatch.setattr(sizes, name, size)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger for all tests of a module, each with campaigns of its own."""
    with Ledger(str(tmp_path_factory.mktemp("snapshots") / "ledger.db")) as opened:
        yield opened
