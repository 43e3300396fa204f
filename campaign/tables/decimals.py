"""Decimals: which sign stands before them in a table, where nothing tells but the proposals that its rows name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from zosimos.campaign.control.tables import EXPERIMENT
from zosimos.campaign.record.state import State
from zosimos.campaign.tables.achieved import Given, is_same
from zosimos.campaign.tables.grid import Line, shown
from zosimos.campaign.tables.matching import Column, Targets
from zosimos.campaign.tables.numbers import Sign, Style, written
from zosimos.core.values import Value

_SIGNS: tuple[Sign, ...] = ("point", "comma")


def told_by_proposals(state: State, targets: Targets, columns: Sequence[Column], body: Iterable[Line]) -> Sign | None:
    """Return the sign with which parameters are what was proposed for the experiments of their rows; None: either is.

    27,456 is 27.456 where that was proposed, and 27456 nowhere.
    """
    found: set[Sign] = set()
    for column, text, wanted in _beside_proposals(state, targets, columns, body):
        number = written(text)
        traits = state.spec.space[column.target.name].traits(column.target.name)
        fits = [
            sign
            for sign in _SIGNS
            if number is not None
            and not number.rest
            and (read := Style(sign, known=True, thousands=True).value(number)) is not None
            and is_same(traits, Given(*read), wanted)
        ]
        found.update(fits if len(fits) == 1 else ())
    return found.pop() if len(found) == 1 else None


def _beside_proposals(
    state: State, targets: Targets, columns: Sequence[Column], body: Iterable[Line]
) -> Iterator[tuple[Column, str, Value]]:
    """Yield the texts in columns of parameters with the values that were proposed there."""
    ids = next((column.place for column in columns if column.target.name == EXPERIMENT), None)
    known = [column for column in columns if column.target.role == "parameter" and not column.unit]
    if ids is None:
        return
    for line in body:
        name = targets.id(shown(line.at(ids)))
        values = state.experiments[name].values if name in state.experiments else {}
        for column in known:
            cell = line.at(column.place)
            if isinstance(cell, str) and cell and column.target.name in values:
                yield column, cell, values[column.target.name]
