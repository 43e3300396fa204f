"""Rehearsal: a campaign run in virtual time on a throw-away ledger, to see how long it takes and what it does."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from zosimos.campaign.control.commands import create
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steer import plain
from zosimos.campaign.execution.session import run_campaign
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.steps import ASK
from zosimos.campaign.setup import Setup, assemble
from zosimos.core.errors import StateError
from zosimos.core.parameters import Values


@dataclass(frozen=True)
class Rehearsal:
    """What a rehearsal saw.

    ``simulated_s`` is the time on the lab's clock, ``steps`` the effectful steps of all experiments, ``first`` the
    first candidates tried, ``account`` what was used and how near the limits it came, ``ending`` why it ended,
    ``failures`` the different reasons why experiments failed.
    """

    experiments: int
    failed: int
    steps: int
    simulated_s: float
    first: Sequence[Values]
    account: Mapping[str, str]
    ending: str
    failures: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        whole = {**self.__dict__, "failures": list(self.failures)}
        return {**whole, "first": [dict(values) for values in self.first], "account": dict(self.account)}


def rehearse(setup: Setup) -> Rehearsal:
    """Run a campaign through once with a space-filling planner and nobody to ask; nothing is kept.

    Raises:
        StateError: the campaign has no lab.
    """
    if setup.lab is None:
        raise StateError("a campaign without a lab has nothing to rehearse", field="lab", hint="use zosimos ask")
    # The whole budget is gone through: how early a real run may stop is not for a rehearsal to guess.
    data = {**plain(setup.spec), "planner": {"kind": "sobol"}, "approval": "autonomous", "stop": {}}
    setup = replace(assemble(parse_spec(data), setup.files, recorded=True), lab=setup.lab.simulated())
    start = datetime(2000, 1, 1, tzinfo=UTC)
    with TemporaryDirectory() as folder, Ledger(str(Path(folder) / "rehearsal.db")) as ledger:
        record = create(ledger, setup, author="rehearsal", now=start, entropy=random.Random(0))  # noqa: S311
        ending = run_campaign(record, setup, kind="virtual", wait_for_people=False, unattended=True)
        state = record.state
        experiments = list(state.experiments.values())
        return Rehearsal(
            state.used,
            sum(experiment.status == "failed" for experiment in experiments),
            sum(step.how not in ("read", ASK) for experiment in experiments for step in experiment.steps),
            (datetime.fromisoformat(state.at) - start).total_seconds(),
            [experiment.values for experiment in experiments[:3]],
            setup.lab.account(setup.space(setup.spec), experiments) if setup.lab is not None else {},
            ending.reason,
            tuple(dict.fromkeys(one.reason for one in experiments if one.status == "failed")),
        )
