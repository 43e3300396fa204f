"""Drafts: what a campaign file is to say, before it is text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zosimos.campaign.control.tables import EXPERIMENT, FAILED
from zosimos.campaign.definition.names import SHARED, UNCERTAINTY, check_names
from zosimos.campaign.tables.headers import key
from zosimos.campaign.templates.phrases import Aim, Range
from zosimos.core.errors import SpecError

_ROOM = 1e-3  # of the total: a mixture that leaves less to choose is a slip
_KEPT = (EXPERIMENT, FAILED)


@dataclass(frozen=True)
class Knob:
    """A parameter: a range of numbers, levels or choices, with what to say of it."""

    name: str
    values: Range | Sequence[str]
    remark: str = ""


@dataclass(frozen=True)
class Mixture:
    """Parts that add up to a total; ``at_most`` of them at once, and then ``minimum`` or more of each."""

    of: Sequence[str]
    total: float
    unit: str = ""
    at_most: int | None = None
    minimum: float = 0.0


@dataclass(frozen=True)
class Draft:
    """A campaign: what it is about in one line, what can be changed, what is wanted, and how much of it.

    ``outside`` says that rows of the table it is made of lie outside what it allows; ``notes`` are that table's columns
    of which it says nothing.
    """

    about: str
    name: str
    knobs: Sequence[Knob]
    aims: Sequence[Aim]
    experiments: int
    batch: int
    mixtures: Sequence[Mixture] = ()
    remarks: Sequence[str] = ()
    outside: bool = False
    notes: Sequence[str] = ()


def check_own_names(names: Iterable[str], field: str, taken: Iterable[str] = ()) -> None:
    """Refuse names that a table of results could not tell apart.

    Args:
        names: the names of one answer.
        field: the question.
        taken: names of earlier answers.

    Raises:
        SpecError: two are the same but for case and blanks, or one is kept for the table's own columns.
    """
    seen = {key(one): one for one in taken}
    all_names = list(seen.values())
    for one in names:
        if key(one) in map(key, _KEPT) or key(one).endswith((key(UNCERTAINTY), key(SHARED))):
            raise SpecError("this name is kept for columns of tables", field=field, value=one, hint="take another name")
        if key(one) in seen:
            raise SpecError(
                "a name stands twice",
                field=field,
                value=one if seen[key(one)] == one else f"{seen[key(one)]}, {one}",
                allowed="each name once, also in another case or spacing",
            )
        seen[key(one)] = one
        all_names.append(one)
    check_names(all_names, ())


def check_mixture(parts: Sequence[tuple[str, Range]], mixture: Mixture, field: str) -> None:
    """Refuse a mixture that cannot be made, or in which nothing is left to choose.

    Args:
        parts: each part with its range, in the unit of the total.
        mixture: the mixture.
        field: the question that is at fault.

    Raises:
        SpecError: the ranges do not meet the total.
    """
    least = sum(part.low for _, part in parts)
    always = [part.high for _, part in parts if part.low > 0]
    others = sorted((part.high for _, part in parts if part.low <= 0), reverse=True)
    room = len(parts) if mixture.at_most is None else mixture.at_most
    if len(always) > room or (len(always) == room and others):
        raise SpecError(
            f"{len(always)} parts are always present, as their ranges begin above 0: no other ever could be",
            field=field,
            value=room,
            allowed=f"more than {len(always)}; or let ranges begin at 0",
        )
    most = sum([*always, *others[: room - len(always)]])
    margin = _ROOM * abs(mixture.total)
    if not least + margin < mixture.total < most - margin:
        raise SpecError(
            f"the parts cannot add up to {mixture.total:g} {mixture.unit}".rstrip(),
            field=field,
            value=f"together {least:g} to {most:g}",
            allowed="ranges whose lowest ends add up to less, and whose highest ends to more, than the total",
        )
