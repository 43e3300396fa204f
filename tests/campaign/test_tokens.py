"""Tokens are new each time, and what is approved is what was shown, however few tokens there are."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from scripted_lab import NOW, setup_of

from zosimos.campaign.control.commands import Commands, create
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.approvals import standing
from zosimos.campaign.record.record import Record
from zosimos.core.errors import LedgerError, StateError


def test_an_event_that_does_not_fit_is_not_stored(ledger: Ledger) -> None:
    record = create(ledger, setup_of(None), author="t", now=NOW, entropy=random.Random(1))
    with pytest.raises(LedgerError, match="nothing was stored"):
        record.commit(lambda _: [Draft("experiment.started", {"experiment": "e0007"})], NOW.isoformat)
    assert len(ledger.events(record.campaign)) == record.state.seq == 1
    assert Record(ledger, record.campaign).broken is None


def test_a_source_that_repeats_itself_is_refused_in_words(ledger: Ledger) -> None:
    setup = setup_of(None)
    record = create(ledger, setup, author="t", now=NOW, entropy=random.Random(1), tokens=lambda: "00")
    commands = Commands(record, "t", NOW)
    commands.propose(setup, "pause")
    with pytest.raises(StateError, match="nothing new"):
        commands.propose(setup, "abort")
    assert len(Record(ledger, record.campaign).state.changes) == 1


@pytest.mark.slow
def test_600_pairs_under_tokens_of_8_bits_change_only_what_was_shown(tmp_path: Path) -> None:
    setup, source = setup_of(None), random.Random(8)
    for number in range(12):  # each draws a hundred tokens of 256, of which many come again
        with Ledger(str(tmp_path / f"{number}.db")) as ledger:
            record = create(
                ledger,
                setup,
                author="t",
                now=NOW,
                entropy=random.Random(number),
                tokens=lambda: f"{source.randrange(256):02x}",
            )
            commands = Commands(record, "t", NOW)
            for _ in range(50):
                values = [0.1 + 0.8 * source.random() for _ in range(2)]
                made = [commands.propose(setup, "steer", {"space.x.max": value}) for value in values]
                shown = made[source.randrange(2)]
                commands.approve(shown.token, standing(record.state, shown))
                assert record.state.spec.space["x"].max == shown.changes[0].new  # type: ignore[union-attr]
            again = Record(ledger, record.campaign)
            assert again.broken is None
            assert again.state.spec_version == 51
