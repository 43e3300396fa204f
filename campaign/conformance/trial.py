"""A trial: a small campaign that is run for the checks of a kit, and whose program may die on the way.

It runs in virtual time, in the lab's own simulation, on a ledger in memory.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

from zosimos.campaign.control.commands import create
from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.execution.session import run_campaign
from zosimos.campaign.lab import Lab
from zosimos.campaign.ledger.database.engine import MEMORY
from zosimos.campaign.ledger.events import Draft, Event
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Moment, Record
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup, fitted
from zosimos.core.objective import Objective, to_measure

MakeLab: TypeAlias = Callable[[], Lab]
"""Makes the lab again, as a process that starts does."""

START = datetime(2000, 1, 1, tzinfo=UTC)


def measured(spec: CampaignSpec) -> tuple[Objective, ...]:
    """Return what a campaign has its lab measure."""
    return to_measure(build_objectives(spec))


class DeathError(BaseException):
    """The end of the program: nothing in it catches this on the way out."""


class MortalRecord(Record):
    """A record whose program dies when a certain step is announced, or before it is reported."""

    dies_at: tuple[str, int] | None = None

    def commit(self, build: Callable[[State], Sequence[Draft]], at: Moment) -> list[Event]:
        """Append as any record does, and die where that is wanted."""

        def inside(state: State) -> Sequence[Draft]:
            drafts = build(state)
            if any((draft.kind, draft.body.get("step")) == self.dies_at for draft in drafts) and after:
                raise DeathError
            return drafts

        after = self.dies_at is not None and self.dies_at[0] == "step.done"
        events = super().commit(inside, at)
        if any((event.kind, event.body.get("step")) == self.dies_at for event in events):
            raise DeathError
        return events


class Trial:
    """A small campaign in a lab's simulation; each time it is set up everything is made again."""

    def __init__(self, make: MakeLab, campaign: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        self.make = make
        self.files = files
        self.campaign = dict(campaign)

    def setup(self, lab: Lab | None = None, experiments: int = 2) -> Setup:
        """Return the setup of the campaign in a new lab: small, with space-filling candidates, run by nobody."""
        own = {"name": "conformance", "planner": {"kind": "sobol"}, "batch": 1, "budget": {"experiments": experiments}}
        spec = parse_spec({**self.campaign, **own, "approval": "autonomous", "watch": "off", "stop": {}})
        return fitted(spec, self.files, self.make() if lab is None else lab)

    def simulated(self, experiments: int = 2) -> Setup:
        """Return the same with everything real simulated."""
        setup = self.setup(experiments=experiments)
        assert setup.lab is not None, "it was set up in one"
        return replace(setup, lab=setup.lab.simulated())

    @contextmanager
    def begun(self, experiments: int = 2) -> Iterator[tuple[Ledger, str]]:
        """Give a ledger and a campaign that was not run yet."""
        with Ledger(MEMORY) as ledger:
            entropy = random.Random(0)  # noqa: S311 - an id, no secret
            setup = self.simulated(experiments)
            yield ledger, create(ledger, setup, author="kit", now=START, entropy=entropy).campaign

    def go(self, ledger: Ledger, campaign: str, dies_at: tuple[str, int] | None = None) -> State:
        """Run the campaign as a process that starts does, and return its state."""
        record = MortalRecord(ledger, campaign)
        record.dies_at = dies_at
        setup = self.simulated(record.state.spec.budget.experiments)
        run_campaign(record, setup, kind="virtual", wait_for_people=False, unattended=True)
        return record.state

    def run(self, experiments: int = 2) -> State:
        """Run the campaign to its end, and return its state."""
        with self.begun(experiments) as (ledger, campaign):
            return self.go(ledger, campaign)
