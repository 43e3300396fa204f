"""Snapshots and repairs together: whoever reads, follows or continues a record sees what all its events say."""

from __future__ import annotations

import itertools
from contextlib import suppress

import pytest
from broken_ledgers import MISFIT, spoil
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.campaign.record.case import BY, at
from tests.campaign.record.random_history import MOVES, Move, drafts, history
from tests.campaign.record.test_snapshots import everything

from zosimos.campaign.control.repairing import repair
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.fold import readable
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.snapshot import keeping
from zosimos.core.errors import LedgerError, ZosimosError

_numbers = itertools.count(1)
DAMAGE = st.tuples(
    st.sampled_from(("spoil", "repair", "repair", "look", "keep", "keep")), st.integers(0, 4), st.just(0)
)
MIXED = st.lists(st.one_of(MOVES, MOVES, DAMAGE), min_size=5, max_size=60)
pytestmark = pytest.mark.usefixtures("small")


def made(record: Record, move: Move) -> None:
    """Make a move, as far as it fits."""
    kind, a, _ = move
    with suppress(ZosimosError, IndexError):
        if kind == "spoil":
            spoil(
                record.ledger, record.campaign, *[MISFIT, Draft("campaign.paused", {"reason": "x", "by": BY})][: 1 + a]
            )
        elif kind == "repair":
            repair(record, BY, "an old version wrote it", lambda: at(2))
        elif kind == "keep":
            record.keep()
        elif kind == "look":
            record.sync()
        else:
            record.commit(lambda state: drafts(state, move), lambda: at(1))


@pytest.mark.parametrize("examples", [4, pytest.param(30, marks=pytest.mark.slow)])
def test_a_record_that_breaks_and_is_repaired_reads_the_same_with_and_without_snapshots(
    ledger: Ledger, examples: int
) -> None:
    @given(moves=MIXED, begun=st.integers(0, 30))
    @settings(max_examples=examples)
    def check(moves: list[Move], begun: int) -> None:
        campaign = f"c-20300101t000000-{next(_numbers):08d}"
        first = [
            Draft(event.kind, event.body) for event in history(campaign, [("tell", n, 1 + n) for n in range(begun)])
        ]
        ledger.append(campaign, lambda: at(1), lambda _: first, after=0)
        writers = [Record(ledger, campaign), Record(ledger, campaign)]
        for place, move in enumerate(moves):
            made(writers[place % 2], move)
        whole = readable(campaign, ledger.events(campaign))
        found = keeping.current(ledger, campaign)
        assert everything(found) == everything(whole)
        assert found.broken == whole.broken
        assert keeping.snapshot_differs(ledger, campaign, whole) == ""
        for writer in writers:
            with suppress(LedgerError):
                writer.sync()
            assert everything(writer.state) == everything(whole)
            assert writer.broken == whole.broken

    check()
