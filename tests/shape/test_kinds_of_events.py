"""Every kind of event is described; that each has a property test of its fold stands beside those tests."""

from __future__ import annotations

import re

from tests.shape.source import ROOT

from zosimos.campaign.ledger.events import VERSIONS


def described() -> set[str]:
    """The kinds in the first column of the ledger's page; ``.granted`` there continues the kind before it."""
    found: set[str] = set()
    page = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")
    for cell in re.findall(r"^\| (`[a-z]+\.[a-z]+`[^|]*)\|", page, re.MULTILINE):
        subject = ""
        for name in re.findall(r"`([a-z.]+)`", cell):
            subject = subject if name.startswith(".") else name.partition(".")[0]
            found.add(subject + name if name.startswith(".") else name)
    return found


def test_every_kind_of_event_is_described_and_no_other() -> None:
    assert described() == set(VERSIONS), "docs/ledger.md has a line for each kind of event"
