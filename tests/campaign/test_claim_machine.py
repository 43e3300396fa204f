"""Whatever owners do and time does, no two of them believe at once that they may run a campaign."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from zosimos.campaign.ledger import claims
from zosimos.campaign.ledger.claims import LEASE_S, RENEW_S, Claim, Surroundings
from zosimos.campaign.ledger.processes import Fate, Process, this_process
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import LedgerError, LockedError

C = "c-20300101t000000-00000000"
OWNERS = st.integers(0, 3)
"""Two processes of one machine, and two machines of their own."""


def machine(owner: int) -> str:
    return "shared" if owner < 2 else f"machine {owner}"


class Claims(RuleBasedStateMachine):
    """Four processes: 0 and 1 see each other, 2 and 3 see nobody. Any of them may be suspended, killed, or cut off."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = Ledger(str(Path(self.folder.name) / "ledger.db"))
        self.seconds = 0.0
        self.lives = [0, 0, 0, 0]
        self.claims: list[Claim | None] = [None] * 4
        self.taking: list[claims._Taking | None] = [None] * 4
        self.owner: int | None = None  # whom the ledger names, alive or not
        self.this = this_process()

    def around(self, owner: int) -> Surroundings:
        boot = machine(owner)
        here = replace(self.this, boot=boot, pid=owner + 1, started=str(self.lives[owner]), host=boot)
        return Surroundings(lambda: here, self.fate, lambda: self.seconds, lambda _: self.seconds)

    def fate(self, process: Process, here: Process) -> Fate:
        if process.boot != here.boot:
            return "unseen"
        return "alive" if process.started == str(self.lives[process.pid - 1]) else "dead"

    @rule(owner=OWNERS)
    def take(self, owner: int) -> None:
        if self.claims[owner] is not None:
            return
        taking = self.taking[owner] or claims._Taking(self.ledger, C, self.around(owner), lambda _: None)
        try:
            claim = taking.attempt()
        except LockedError:
            self.taking[owner] = None
            return
        self.taking[owner] = None if claim else taking
        if claim is None:
            return
        former, self.owner, self.claims[owner] = self.owner, owner, claim
        seen = former is not None and machine(former) == machine(owner)
        assert claim.taken_over == (former is not None and not seen)
        if former is not None and former != owner and seen:
            assert self.claims[former] is None, "it lives, and was seen to"

    @rule()
    def all_want_it(self) -> None:
        for owner in range(4):
            self.take(owner)

    @rule(owner=OWNERS)
    def renew(self, owner: int) -> None:
        claim = self.claims[owner]
        if claim is None:
            return
        try:
            claim.renew()
            assert self.owner == owner
        except LedgerError:
            assert self.owner != owner
            self.claims[owner] = None

    @rule(owner=OWNERS)
    def release(self, owner: int) -> None:
        claim, self.claims[owner] = self.claims[owner], None
        if claim is not None:
            claim.release()
            self.owner = None if self.owner == owner else self.owner

    @rule(owner=OWNERS)
    def kill(self, owner: int) -> None:
        if self.claims[owner] is not None:
            claims._held.discard(self.claims[owner]._token)
        self.claims[owner] = self.taking[owner] = None
        self.lives[owner] += 1

    @rule(seconds=st.sampled_from([0.5, 1.0, RENEW_S, 7.0, 19.0, LEASE_S, 3600.0]))
    def wait(self, seconds: float) -> None:
        self.seconds += seconds

    @precondition(lambda self: any(self.claims))
    @rule()
    def all_that_run_keep_theirs(self) -> None:
        for owner in range(4):
            self.renew(owner)

    @invariant()
    def at_most_one_may_send(self) -> None:
        sure = [owner for owner, claim in enumerate(self.claims) if claim is not None and self.may_send(claim)]
        assert len(sure) <= 1
        assert not sure or sure == [self.owner]

    def may_send(self, claim: Claim) -> bool:
        try:
            claim.may_send(False)
        except LedgerError:
            return False
        return True

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()


Claims.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@pytest.mark.slow
class TestClaims(Claims.TestCase):
    """Run by hypothesis."""
