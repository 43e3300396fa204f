"""The lab seam: a plugin that says which candidates exist, and the executor that runs experiments on them.

An executor's ``run`` is an ordinary coroutine that does the experiment, announcing each *effect* (an act that changes
a device or the world) and each wait through :class:`Steps`, so that a crash repeats no effect.

A lab is found by its kind through the entry-point group ``zosimos.labs``. The files it needs are read once, when the
campaign is created, and kept in the ledger as artifacts: a campaign resumes from its record, not from files that may
have changed since.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from pydantic import BaseModel

from zosimos.campaign.record.experiment import Experiment, Step
from zosimos.core.clock import Clock, ClockKind
from zosimos.core.objective import Objective
from zosimos.core.parameters import Values
from zosimos.core.plugins import plugin
from zosimos.core.records import Measurement
from zosimos.core.space import SearchSpace
from zosimos.core.table import Table

GROUP = "zosimos.labs"


@dataclass(frozen=True)
class LabCard:
    """What a planner, human or not, must know of a lab to write a campaign for it.

    Args:
        summary: what the lab does, in a few sentences.
        spec: a complete campaign for it as plain data, to start from; without a name or a description of its own.
        options: the model of the spec's ``lab`` fields; its JSON schema says what they mean.
        notes: facts that the schema cannot say, one sentence each.
    """

    summary: str
    spec: Mapping[str, Any]
    options: type[BaseModel]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Task:
    """What an executor is given: which experiment, where in the space, and a seed of its own."""

    campaign: str
    experiment: str
    values: Values
    seed: int


@dataclass(frozen=True)
class Past:
    """What a campaign's record says of its lab: to rebuild what lived in memory only, and to count what was used up.

    Args:
        seed: the campaign's.
        left: experiments that the budget still allows.
        prepared: what :meth:`Executor.prepare` once returned.
        experiments: all there are, kept up to date while the campaign runs; they hold the steps that were done.
        wire: the folder for wire traces, if they are wanted.
        elapsed_s: how long the campaign has been going on, in the time it runs on: simulated devices go on from there.
        may_send: to be called just before anything is sent to a device, with whether it only stops it; raises a
            LedgerError once this process may send nothing more, as another runs the campaign or may do so.
    """

    seed: int = 0
    left: int = 0
    prepared: Mapping[str, Any] | None = None
    experiments: Mapping[str, Experiment] = field(default_factory=dict)
    wire: Path | None = None
    elapsed_s: float = 0.0
    may_send: Callable[[bool], None] = lambda _: None


@dataclass(frozen=True)
class Probe:
    """What a laboratory answers when asked whether an effect happened: done (with its result), undone or unknown.

    >>> Probe("done", {"stands_at": 60.0}).answer
    'done'
    """

    answer: Literal["done", "undone", "unknown"]
    result: Any = None
    why: str = ""


class AbortedError(Exception):
    """Raised inside an executor's ``run`` when the experiment or its campaign was ended before the next effect."""


class BlockedError(Exception):
    """Raised inside an executor's ``run``: it cannot go on before a person has done something."""


Action: TypeAlias = Callable[[str], Awaitable[Any]]
Reading: TypeAlias = Callable[[], Awaitable[Any]]


class Steps(Protocol):
    """Where an executor's ``run`` announces what it does, so that a crash repeats no effect and loses none."""

    async def effect(
        self, name: str, action: Action, *, params: Mapping[str, Any] | None = None, repeatable: bool = False
    ) -> Any:
        """Announce and do one effect, and return its result (JSON data); one on record as done is not done again.

        Args:
            name: what is done, such as ``dispense``.
            action: does it; called with the effect's own id (``experiment/step/attempt``), which a device that can
                remember should keep, so that it can be asked later whether the effect happened.
            params: what it is done with, for the record.
            repeatable: whether doing it twice does no harm; then a crash in the middle is settled by doing it again.
        """
        ...

    async def read(self, name: str, reading: Reading, *, params: Mapping[str, Any] | None = None) -> Any:
        """Read something and return what was read (JSON data); what is on record is not read again."""
        ...

    def live(self) -> bool:
        """Say whether what comes next is not on record yet, or not settled."""
        ...

    async def wait(self, seconds: float) -> None:
        """Wait until ``seconds`` after the last recorded step (or the start); at once if that has passed."""
        ...

    async def ask(self, text: str) -> None:
        """Ask the operator to do something, and go on when it is said to be done."""
        ...


class Executor(Protocol):
    """A laboratory that runs experiments, as :class:`Lab` makes it.

    An executor that has nothing to make ready is a class such as this::

        class Still:
            async def prepare(self): return {}
            def exhausted(self): return ""
            async def run(self, task, steps):
                await steps.effect("boil", self._boil, params={"minutes": 5})
                return [Measurement("yield", await self._weighed(), 0.1, "g")]
            async def probe(self, task, step): return Probe("unknown", why="it has no memory")
            async def safe_state(self): await self._heater_off()
            async def close(self): ...

    >>> from zosimos.campaign.lab import Probe
    >>> Probe("unknown", why="it has no memory").answer
    'unknown'
    """

    async def prepare(self) -> Mapping[str, Any]:
        """Make ready before the first experiment of a session: connect, check, calibrate.

        Returns:
            What is to be kept (JSON data), such as identities and calibrations; what an earlier session kept
            (:class:`Past`) may be returned as it was.

        Raises:
            PreflightError: the lab is not fit for this campaign; says everything that is wrong.
        """
        ...

    def exhausted(self) -> str:
        """Say what has run out so that no further experiment can be done; empty if nothing has."""
        ...

    async def run(self, task: Task, steps: Steps) -> Sequence[Measurement]:
        """Do the experiment and return its measurements.

        Raises:
            ExecutionError: the experiment failed; says why.
        """
        ...

    async def probe(self, task: Task, step: Step) -> Probe:
        """Say whether an effect that was announced and never reported did happen."""
        ...

    async def safe_state(self) -> Mapping[str, str] | None:
        """Bring every device into its safe state, all at once, whatever they are doing.

        Returns:
            The devices that did not confirm it, each with the reason; None or empty if all did.
        """
        ...

    async def close(self) -> None:
        """Let go of every device, at the end of a session."""
        ...


class Lab(Protocol):
    r"""A laboratory, real or simulated.

    Constructed as ``Lab(options, files)``: ``options`` are the spec's ``lab`` fields without ``kind``, ``files`` the
    bytes of each file that :meth:`files` names. Construction validates both.

    >>> from zosimos.labs.pool import PoolLab
    >>> lab = PoolLab({"file": "done.csv"}, {"file": b"x,y\n1,2\n2,3\n"})
    >>> lab.clock, lab.candidates().header
    ('virtual', ('x', 'y'))
    """

    def __init__(self, options: Mapping[str, Any], files: Mapping[str, bytes]) -> None: ...

    @classmethod
    def files(cls, options: Mapping[str, Any]) -> Mapping[str, str]:
        """Return the files the options name: role to path, relative to the campaign file."""
        ...

    @classmethod
    def card(cls) -> LabCard | None:
        """Return what to know to write a campaign for it; None if only its data say what it can do."""
        ...

    @property
    def clock(self) -> ClockKind:
        """The time it runs on unless the spec says otherwise."""
        ...

    def candidates(self) -> Table | None:
        """Return the table of the only candidates that exist, or None if any point of the space can be run."""
        ...

    def outcomes(self, objectives: Sequence[str]) -> Sequence[str]:
        """Return the columns of :meth:`candidates` that are outcomes or otherwise no parameters.

        Raises:
            DataError: an objective has no column.
        """
        ...

    def check(self, objectives: Sequence[str], parameters: Sequence[str]) -> None:
        """Refuse a spec that this lab cannot run.

        Raises:
            InputError: an objective or parameter is unknown to it, or its data are wrong.
        """
        ...

    def fits(self, space: SearchSpace) -> None:
        """Refuse a space in which this lab could not run every point, also one it is steered to.

        Raises:
            InputError: a point needs what the lab cannot do.
        """
        ...

    def simulated(self) -> Lab:
        """Return the same lab with all that is real or far away simulated here, for a rehearsal.

        Raises:
            StateError: there is no simulation of it.
        """
        ...

    def account(self, space: SearchSpace, experiments: Sequence[Experiment]) -> Mapping[str, str]:
        """Return what experiments used and how near the limits they came, in words: the fact's name and the fact."""
        ...

    def executor(self, objectives: Sequence[Objective], space: SearchSpace, clock: Clock, past: Past) -> Executor:
        """Return what runs experiments, for a campaign with a past or without."""
        ...


@runtime_checkable
class KnowsUnits(Protocol):
    """A lab that knows in which units it takes and measures, so that others are refused when a campaign is made.

    A lab need not: one that measures what a table or a person says has the units of the campaign.
    """

    def check_units(self, objectives: Sequence[Objective], space: SearchSpace) -> None:
        """Refuse objectives and parameters in other units than the lab's.

        Raises:
            InputError: names what is in another unit, both units and the fix.
        """
        ...


def lab_class(kind: str) -> type[Lab]:
    """Return the lab plugin of a kind.

    Raises:
        SpecError: there is none.
    """
    found: type[Lab] = plugin(GROUP, kind, "lab of kind", "lab.kind")
    return found
