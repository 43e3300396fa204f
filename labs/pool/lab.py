"""The pool lab: campaigns on recorded experimental data.

The rows of a CSV file are the only candidates; their recorded outcomes are the measurements. An experiment takes
``latency`` of simulated time, so that batches overlap as they would in a laboratory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from zosimos.campaign.definition.model import Duration
from zosimos.campaign.lab import Executor, Past, Probe, Steps, Task
from zosimos.campaign.record.experiment import Experiment, Step
from zosimos.core.canonical import digest
from zosimos.core.clock import Clock, ClockKind
from zosimos.core.errors import ExecutionError, SpecError
from zosimos.core.objective import Objective
from zosimos.core.records import Measurement, Origin
from zosimos.core.space import SearchSpace
from zosimos.core.table import Kind, Table, parse_table
from zosimos.core.validation import Part, validated
from zosimos.labs.pool.table import Finished, finished, outcome_kinds


class PoolOptions(Part):
    """What a campaign file says of a pool lab."""

    file: str = Field(description="CSV of finished experiments, relative to the campaign file")
    ignore: list[str] = Field(default_factory=list, description="columns that are neither parameters nor objectives")
    latency: Duration = Field(0.0, description="simulated time an experiment takes, such as '10 min'")
    origin: Origin = Field("measured", description="where the recorded outcomes came from")


class PoolLab:
    """A table of finished experiments as a laboratory.

    Raises:
        SpecError: an option is wrong.
        DataError: the file is not a table.
    """

    def __init__(self, options: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        self._options = validated(PoolOptions, options, "lab")
        self._table = parse_table(files["file"], self._options.file)
        self._raw = digest(files["file"])

    @classmethod
    def files(cls, options: Mapping[str, Any]) -> Mapping[str, str]:
        """Return the one file a pool needs."""
        return {"file": validated(PoolOptions, options, "lab").file}

    @classmethod
    def card(cls) -> None:
        """Return nothing: what can be asked of a table, only the table says."""
        return

    @property
    def clock(self) -> ClockKind:
        """Recorded data need no real time."""
        return "virtual"

    def candidates(self) -> Table:
        """Return the table: its rows are the candidates."""
        return self._table

    def outcomes(self, objectives: Sequence[str]) -> Sequence[str]:
        """Return the objectives' columns and the ignored ones.

        Raises:
            DataError: one of them is missing.
        """
        columns = [*objectives, *self._options.ignore]
        self._table.require(columns)
        return columns

    def check(self, objectives: Sequence[str], parameters: Sequence[str]) -> None:
        """Refuse a table that does not fit the spec.

        Raises:
            DataError: a column is missing, an outcome is not a number, or a column that varies is not accounted for.
        """
        known = [*parameters, *objectives, *self._options.ignore, *self._table.constant]
        self._table.refuse_others(known, "add it to space, to objectives, or to lab.ignore")
        self._table.require([*parameters, *objectives])
        self._table.read(outcome_kinds(objectives))

    def fits(self, space: SearchSpace) -> None:
        """Any part of the table can be run, but not under conditions of the day: it was recorded under its own.

        Raises:
            SpecError: the space has such conditions.
        """
        for parameter in space.contextual:
            raise SpecError(
                f"a pool lab has no conditions that change: {parameter.name!r} cannot be context",
                field=f"context.{parameter.name}",
                value=parameter.name,
                allowed="parameters that are chosen",
                hint="make it a parameter, or add its column to lab.ignore",
            )

    def simulated(self) -> PoolLab:
        """A table needs no simulation."""
        return self

    def account(self, space: SearchSpace, experiments: Sequence[Experiment]) -> Mapping[str, str]:  # noqa: ARG002 - looking up costs nothing
        """Nothing is used up."""
        return {}

    def executor(
        self,
        objectives: Sequence[Objective],
        space: SearchSpace,
        clock: Clock,  # noqa: ARG002 - the pool needs no clock besides its steps
        past: Past,  # noqa: ARG002 - a table forgets nothing
    ) -> Executor:
        """Return what looks experiments up."""
        kinds: dict[str, Kind] = {
            parameter.name: "text" if parameter.kind == "text" else "number" for parameter in space.parameters
        }
        meant = space.controlled if space.exact else ()
        rows = finished(self._table, kinds, [objective.name for objective in objectives], meant)
        return _PoolExecutor(rows, self._options, self._raw)


class _PoolExecutor:
    """Looks experiments up; nothing in the world changes, so a step may always be repeated."""

    def __init__(self, rows: Finished, options: PoolOptions, raw: str) -> None:
        self._rows = rows
        self._options = options
        self._raw = raw

    async def prepare(self) -> Mapping[str, Any]:
        """Nothing is to be made ready."""
        return {}

    def exhausted(self) -> str:
        """A table does not run out."""
        return ""

    async def run(self, task: Task, steps: Steps) -> Sequence[Measurement]:
        """Let the latency pass and return the recorded outcomes."""
        outcomes = self._rows.find(task.values)
        if outcomes is None:
            raise ExecutionError(
                f"the pool has no row for {dict(task.values)}", field="values", value=dict(task.values)
            )

        async def start(_: str) -> dict[str, int]:
            return {"replicates": max(outcome.replicates for outcome in outcomes.values())}

        await steps.effect("start", start, params=task.values, repeatable=True)
        await steps.wait(self._options.latency)
        return [
            Measurement(
                name,
                outcome.mean,
                outcome.uncertainty,
                origin=self._options.origin,
                raw=self._raw,
                instrument=f"pool:{self._options.file}",
                u_shared=None if outcome.uncertainty is None else 0.0,  # replicates show nothing but scatter
            )
            for name, outcome in outcomes.items()
        ]

    async def probe(self, task: Task, step: Step) -> Probe:  # noqa: ARG002 - the answer is the same for every step
        """Answer that a look-up cut short did not happen."""
        return Probe("undone")

    async def safe_state(self) -> Mapping[str, str]:
        """A table is always safe."""
        return {}

    async def close(self) -> None:
        """Nothing is held."""
