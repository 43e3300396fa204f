"""A campaign for those who talk about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scripted_lab import Campaign, ScriptedLab

from zosimos.campaign.ledger.store import Ledger


@pytest.fixture
def campaign(tmp_path: Path) -> Any:
    """Nothing is measured yet, and there is room for eight experiments."""
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Campaign(ledger, ScriptedLab(tmp_path / "journal"), budget={"experiments": 8})
