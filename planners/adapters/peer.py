"""What the adapters to other planning packages share: the book-keeping around the package's own object.

A peer is asked for one objective, over a list of rows (a pool, or a small grid) or over ranges. The package is
imported when a planner is made. It sees observations that have a value and lie inside all bounds; failed experiments
are only never repeated.
Numbers on a log scale are handed over as they are where the package knows log scales, as logarithms where not.
"""

from __future__ import annotations

import logging
import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import ClassVar, Protocol

from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Parameter, Value, Values, range_of
from zosimos.core.records import Candidate, Observation
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.candidates.encoding import Codec
from zosimos.planners.candidates.sampling import feasible_rows, fresh, listed, no_rows_error, random_draw
from zosimos.planners.isolation import isolated
from zosimos.planners.protocol import Planner, ProposalContext
from zosimos.planners.registry import check_proposer_name


class PeerPlanner(ABC):
    """A :class:`~zosimos.planners.protocol.Planner` that keeps another package's planner between calls.

    Args:
        space: what may be tried.
        objectives: what is wanted: one.
        seed: of all random choices; with the number of observations it fixes an answer.
        avoid: rows never to propose.

    Raises:
        SpecError: the package is not installed, or cannot plan for this space or these objectives.
    """

    package: ClassVar[str]  # the module to import and the extra that brings it
    title: ClassVar[str]
    least: ClassVar[int] = 2  # with fewer values known, rows are drawn at random

    def __init__(
        self, space: SearchSpace, objectives: Sequence[Objective], *, seed: int, avoid: Sequence[Values] = ()
    ) -> None:
        load_package(self.package)
        if len(objectives) != 1:
            raise SpecError(
                f"{self.title} is asked for one objective here",
                field="objectives",
                value=", ".join(objective.name for objective in objectives),
                allowed="one objective",
                hint="keep one objective, or plan with bayesian, which handles several",
            )
        if space.contextual:
            raise self._cannot(f"conditions that are found, not chosen: {', '.join(p.name for p in space.contextual)}")
        self._space = space
        self._objective = objectives[0]
        self._seed = seed
        rows = listed(space)
        self._rows = None if rows is None else tuple(rows)
        self._keys = [row_key(row) for row in self._rows or ()]
        self._taken = {row_key(row) for row in avoid}
        self._told = self._known = 0
        with isolated(derive_seed(seed, "set up")), hushed(self.package):
            self._set_up()
            self._leave_out(avoid)

    @classmethod
    def proposer(cls) -> PeerProposer:
        """Return the proposer that plans with this package.

        Raises:
            SpecError: the package is not installed.
        """
        load_package(cls.package)
        return PeerProposer(cls)

    @property
    def _minimise(self) -> bool:
        """Whether outcomes as handed to ``_learn`` are to be made small; a target is a distance to be made small."""
        return self._objective.goal != "max"

    @property
    def _predicts(self) -> bool:
        """Whether the package's predictions are of the measured quantity itself."""
        return self._objective.goal != "target"

    def tell(self, observations: Sequence[Observation]) -> None:
        """Add observations, in the order in which they were made."""
        rows, outcomes, failed = [], [], []
        for seen in observations:
            self._taken.add(row_key(seen.values))
            found = seen.measurements.get(self._objective.name)
            if seen.failed or found is None or not found.trains or self._outside(seen.values):
                failed.append(seen.values)
                continue
            target = self._objective.target
            rows.append(seen.values)
            outcomes.append(found.value if target is None else abs(found.value - target))
        with isolated(derive_seed(self._seed, "tell", self._told)), hushed(self.package):
            self._leave_out(failed)
            if rows:
                self._learn(rows, outcomes)
        self._told += len(observations)
        self._known += len(rows)

    def _outside(self, row: Values) -> bool:
        """Say whether a measured row has values that the space does not know (any more)."""
        return any(p.problem(row.get(p.name)) is not None for p in self._space.parameters)

    def ask(self, n: int = 1, pending: Sequence[Candidate] = ()) -> list[Candidate]:
        """Return up to ``n`` new candidates, fewer if fewer are left.

        Raises:
            PlanningError: no new row is left.
            ValueError: n is not positive.
        """
        if n < 1:
            raise ValueError(f"n must be 1 or more, not {n}")
        busy = [candidate.values for candidate in pending]
        taken = self._taken | {row_key(row) for row in busy}
        seed = derive_seed(self._seed, "ask", self._told, len(busy))
        with isolated(seed), hushed(self.package):
            if self._rows is not None:
                free = [index for index, key in enumerate(self._keys) if key not in taken]
                n = min(n, len(free))
                good = self._from_list(n, busy, free) if free and self._known >= self.least else []
            else:
                made = self._from_ranges(n, busy) if self._known >= self.least else []
                good = self._usable(made, taken)[:n]
        good += self._at_random(n - len(good), taken | {row_key(c.values) for c in good}, seed)
        if not good:
            raise no_rows_error(self._space)
        return good

    def _usable(self, made: Sequence[Candidate], taken: set[str]) -> list[Candidate]:
        """Return the candidates that may leave, put onto bounds, grids and mixtures, kept loosely by packages."""
        codec = Codec(self._space)
        good: dict[str, Candidate] = {}
        for candidate in made:
            row = codec.decode(codec.encode([candidate.values]))[0]
            key = row_key(row)
            if key not in taken and not self._space.problems(row):
                good.setdefault(key, replace(candidate, values=row))
        return list(good.values())

    def _at_random(self, n: int, taken: set[str], seed: int) -> list[Candidate]:
        """Return up to ``n`` rows drawn at random, in place of those that the package did not give."""
        if n < 1:
            return []
        why = f"{self.title} gave no new row" if self._known >= self.least else "too little is known for a model"
        if self._rows is not None:
            draw = random_draw(1, seed)(len(self._rows))[:, 0].argsort()
            rows = [self._rows[index] for index in draw if self._keys[index] not in taken][:n]
        else:
            draws = feasible_rows(self._space, random_draw(len(self._space.parameters), seed), seed)
            rows = fresh(draws, frozenset(taken), n)
        return [Candidate(row, self.package, f"drawn at random: {why}") for row in rows]

    @abstractmethod
    def _set_up(self) -> None:
        """Make the package's own object for the space and the objective."""

    @abstractmethod
    def _learn(self, rows: Sequence[Values], outcomes: Sequence[float]) -> None:
        """Hand over outcomes of rows."""

    def _leave_out(self, rows: Sequence[Values]) -> None:  # noqa: B027 - most packages need not know
        """Learn that rows will never be candidates though they have no outcome."""

    @abstractmethod
    def _from_list(self, n: int, pending: Sequence[Values], free: Sequence[int]) -> list[Candidate]:
        """Return ``n`` candidates of the listed rows at ``free``."""

    @abstractmethod
    def _from_ranges(self, n: int, pending: Sequence[Values]) -> list[Candidate]:
        """Return up to ``n`` candidates of a space that cannot be listed."""

    def _cannot(self, what: str, field: str = "space") -> SpecError:
        """Return the error for a space that the package cannot plan for."""
        return SpecError(
            f"{self.title} cannot plan for {what}",
            field=field,
            value=what,
            hint="plan with bayesian, which can, or list the candidates in a pool",
        )


class PeerFactory(Protocol):
    """Makes a planner that knows nothing yet."""

    def __call__(
        self, space: SearchSpace, objectives: Sequence[Objective], *, seed: int, avoid: Sequence[Values] = ()
    ) -> Planner:
        """Return the planner."""
        ...


class PeerProposer:
    """A peer as a :class:`~zosimos.planners.protocol.Proposer`: made again for each proposal and given all results."""

    def __init__(self, factory: PeerFactory) -> None:
        self._factory = factory

    def propose(self, n: int, context: ProposalContext) -> list[Candidate]:
        """Return up to ``n`` candidates; a pure function of the context.

        Raises:
            SpecError: the package cannot plan for this space or these objectives.
        """
        planner = self._factory(context.space, context.objectives, seed=context.seed, avoid=context.avoid)
        planner.tell(context.observations)
        return planner.ask(n, [Candidate(row, "pending") for row in context.pending])


def load_package(name: str) -> None:
    """Import a package and torch, which most import late: isolation covers what is imported before it.

    Raises:
        SpecError: it is not installed.
    """
    check_proposer_name(name)
    with hushed(name):
        import_module(name)
        import_module("torch")


@contextmanager
def hushed(package: str) -> Iterator[None]:
    """Keep a package's warnings and progress messages to itself: no user of ours can act on them."""
    logger = logging.getLogger(package)
    level, disabled = logger.level, logging.root.manager.disable
    logger.setLevel(logging.CRITICAL)
    logging.disable(max(disabled, logging.INFO))  # some set their level when they are imported
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
        logger.setLevel(level)


def telling(parameter: Parameter) -> Mapping[str, Mapping[str, float]]:
    """Return, by choice, the descriptors that differ between choices: packages refuse the others.

    Only :class:`Categorical` has descriptors with names, so that it is asked for by name; other choices go as names.
    """
    if not isinstance(parameter, Categorical):
        return {}
    rows = [parameter.descriptors[choice] for choice in parameter.choices] if parameter.descriptors else [{}]
    names = sorted(name for name in rows[0] if len({row[name] for row in rows}) > 1)
    if not names:
        return {}
    return {choice: {name: row[name] for name in names} for choice, row in parameter.descriptors.items()}


def takes_every_whole(parameter: Parameter) -> bool:
    """Say whether a parameter takes every whole number between its bounds, as packages' integers do."""
    if parameter.kind != "whole":
        return False
    low, high = range_of(parameter)
    return parameter.count == int(high) - int(low) + 1


def plain(parameter: Parameter, value: Value) -> Value:
    """Return a value for a package without log scales: the common logarithm where the scale is one."""
    if parameter.scale == "log":
        return math.log10(max(float(value), range_of(parameter)[0] / 10))
    return value if isinstance(value, str) else float(value)


def from_plain(parameter: Parameter, value: Value) -> Value:
    """Return the value that :func:`plain` was given."""
    return 10.0 ** float(value) if parameter.scale == "log" else value
