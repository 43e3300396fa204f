"""Objectives: what a campaign wants of a measured quantity, or of what is worked out from several."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from zosimos.core.composite import Composite, Shared
from zosimos.core.errors import SpecError

Goal: TypeAlias = Literal["max", "min", "target"]
Transform: TypeAlias = Literal["none", "auto", "log", "logit", "bi-log", "power"]

TRANSFORMS: tuple[str, ...] = get_args(Transform)

_LIMITS_TAKEN = {"log": 1, "logit": 2}  # by a transform: how many there must be at least


@dataclass(frozen=True)
class Objective:
    """A measured quantity to maximise, minimise or bring to a target value, in a unit.

    ``threshold`` is how good an outcome must be at least to count among several objectives (None: any counts). ``tier``
    is its place in an order of importance, see :mod:`zosimos.core.ranking` (None: all objectives are traded off).
    ``of`` says how it follows from other quantities, which are measured in its place (None: it is measured itself).
    ``least`` and ``most`` are the lowest and the highest value that can be, such as 0 and 100 for a yield in percent
    (None: there is no such limit). ``transform`` is the scale on which one member of the committee models it beside the
    others: a name, ``auto`` for the one that goes with the limits, or ``none`` (None: the planner's rule). ``u_shared``
    says how much of the uncertainty that results state is the same for all of them (None: nobody says;
    :mod:`zosimos.core.uncertainty`).

    Raises:
        SpecError: a target is missing where the goal is one, or given where it is not; a number is not finite; nothing
            lies between the lowest and the highest value, or what is wanted lies outside them; a transform is unknown,
            lacks a limit that it needs, or is of what is worked out from others; what is shared is no number of 0 or
            more, and neither ``all`` nor ``none``, or is of what is worked out from others.

    >>> Objective("yield", "max", "%", least=0, most=100).ceiling, Objective("cost", "min", least=0).ceiling
    (100, 0)
    """

    name: str
    goal: Goal
    unit: str = ""
    target: float | None = None
    threshold: float | None = None
    tier: int | None = None
    of: Composite | None = None
    least: float | None = None
    most: float | None = None
    transform: Transform | None = None
    u_shared: Shared | None = None

    def __post_init__(self) -> None:
        if (self.goal == "target") != (self.target is not None):
            raise SpecError(
                f"objective {self.name!r}: goal: target needs a target"
                if self.target is None
                else f"objective {self.name!r}: a target needs goal: target, not goal: {self.goal}",
                field=f"objectives.{self.name}.target",
                value=self.target,
                allowed="a number with goal: target, nothing with max or min",
                hint="add target: 300" if self.target is None else "write goal: target, or leave target: out",
            )
        if self.target is not None and self.threshold == self.target:
            raise SpecError(
                f"objective {self.name!r}: nothing but the target itself would be good enough",
                field=f"objectives.{self.name}.threshold",
                value=self.threshold,
                allowed="a value other than the target: outcomes no farther from it count",
            )
        for what, number in (("target", self.target), ("threshold", self.threshold)):
            if number is not None and not math.isfinite(number):
                raise SpecError(
                    f"objective {self.name!r}: the {what} is not a finite number",
                    field=f"objectives.{self.name}.{what}",
                    value=number,
                )
        self._check_range()
        self._check_transform()
        self._check_shared()

    def _check_shared(self) -> None:
        """Refuse what results cannot share."""
        width = math.inf if self.least is None or self.most is None else self.most - self.least
        check_shared(self.u_shared, f"objectives.{self.name}.u_shared", self.name, width)
        if self.u_shared is not None and self.of is not None:
            raise SpecError(
                f"objective {self.name!r}: its uncertainty follows from that of what it is made of",
                field=f"objectives.{self.name}.u_shared",
                value=self.u_shared,
                allowed="nothing where an objective has a formula (of:)",
                hint="say u_shared of the quantities, under measured:",
            )

    def _check_range(self) -> None:
        """Refuse a range in which nothing lies, or outside which something is wanted."""
        low = -math.inf if self.least is None else self.least
        high = math.inf if self.most is None else self.most
        given = [number for number in (self.least, self.most) if number is not None]
        if not (low < high and all(map(math.isfinite, given))):
            raise SpecError(
                f"objective {self.name!r}: nothing lies in its range",
                field=f"objectives.{self.name}.range",
                value=f"{low:g} to {high:g}",
                allowed="finite numbers, min below max",
            )
        for what, number in (("target", self.target), ("threshold", self.threshold)):
            if number is not None and not low <= number <= high:
                raise SpecError(
                    f"objective {self.name!r}: the {what} lies outside the values that can be",
                    field=f"objectives.{self.name}.{what}",
                    value=number,
                    allowed=f"{low:g} to {high:g}",
                    hint=f"correct it, or objectives.{self.name}.range",
                )

    def _check_transform(self) -> None:
        """Refuse a transform that cannot be."""
        if self.transform in (None, "none"):
            return
        wrong, allowed, hint = "", "", ""
        if self.transform not in TRANSFORMS:
            wrong, allowed = "is none", ", ".join(TRANSFORMS)
        elif self.of is not None:
            wrong, allowed = (
                "has no use: its parts are modelled, not it",
                "nothing where an objective has a formula (of:)",
            )
        elif [self.least, self.most].count(None) > 2 - _LIMITS_TAKEN.get(self.transform, 0):
            wrong, allowed = "needs limits", "with log a range of one side at least, with logit of both"
            hint = f"say objectives.{self.name}.range, or write transform: bi-log, which needs none"
        if wrong:
            raise SpecError(
                f"objective {self.name!r}: the transform {self.transform} {wrong}",
                field=f"objectives.{self.name}.transform",
                value=self.transform,
                allowed=allowed,
                hint=hint,
            )

    @property
    def limited(self) -> bool:
        """Whether there is a lowest or a highest value that can be."""
        return self.least is not None or self.most is not None

    @property
    def ceiling(self) -> float:
        """The highest utility that can be; infinity where nothing limits it."""
        if self.goal == "target":
            return 0.0
        limit = self.most if self.goal == "max" else self.least
        return math.inf if limit is None else self.utility(limit)

    def utility(self, value: float) -> float:
        """Return a number that grows as the goal is approached: the value, its negative, or minus the distance."""
        if self.goal == "max":
            return value
        if self.goal == "min":
            return -value
        return -abs(value - (self.target or 0.0))

    def counts(self, value: float) -> bool:
        """Say whether an outcome is as good as the threshold, where there is one."""
        return self.threshold is None or self.utility(value) >= self.utility(self.threshold)


def check_shared(shared: Shared | None, field: str, name: str, width: float) -> None:
    """Refuse what cannot be shared of an uncertainty.

    Raises:
        SpecError: it is no number of 0 or more, and neither ``all`` nor ``none``; or as large as all that can be.
    """
    if isinstance(shared, int | float) and not isinstance(shared, bool) and 0 <= shared < math.inf:
        if shared < width:
            return
        raise SpecError(
            f"{name}: what results share is as uncertain as all that can be",
            field=field,
            value=shared,
            allowed=f"less than {width:g}, the width of its range",
            hint="is it in another unit? write it with its unit",
        )
    if shared in (None, "all", "none"):
        return
    raise SpecError(
        f"{name}: u_shared is neither a standard uncertainty nor a word for one",
        field=field,
        value=shared,
        allowed="a finite number of 0 or more, all, or none",
        hint="write the standard uncertainty of what all results share, such as 0.25; a half-width of a data sheet "
        "divided by 1.73, an expanded uncertainty by 2",
    )


def to_measure(objectives: Sequence[Objective]) -> tuple[Objective, ...]:
    """Return what an experiment must measure, each once: objectives, and the quantities others are made of.

    A quantity that is no objective itself stands as one to maximise, for want of anything that is wanted of it.
    """
    own = {objective.name: objective for objective in objectives if objective.of is None}
    made = {
        part.name: Objective(part.name, "max", part.unit, u_shared=part.u_shared)
        for objective in objectives
        if objective.of is not None
        for part in objective.of.quantities
    }
    return tuple({**made, **own}.values())
