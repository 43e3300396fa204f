"""A table of candidates looked over: what each column was taken for, and no row or number lost unsaid.

A column of numbers in which one cell is written otherwise (``n.d.``, ``30 C``, ``1,200``) would become names, and a
ligand that is written in two ways would become two. Such tables are refused. Rows that the space leaves out on purpose
are counted, with the line of the first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zosimos.core.columns import Texts
from zosimos.core.errors import DataError
from zosimos.core.parameter import Parameter, levels_of
from zosimos.core.pool import Pool
from zosimos.core.space import SearchSpace
from zosimos.core.table import Table

_NUMBER = re.compile(
    r"[+-]?(\d{1,3}([, '.]\d{3})+|\d+)([.,]\d+)?([eE][+-]?\d+)?"
    r"(\s*[%‰°]\w?|\s+[^\W\d]\w{0,3}(/\w{1,3})?)?"  # and perhaps a unit
)
_MISSING = re.compile(r"[-?.…/]*|n\.?\s?[ad]\.?|n/?a|n\.?\s?b\.?|nan|none|null|missing|tbd|#\S+", re.IGNORECASE)
_DASHES = str.maketrans("−–‐‑", "----")
_SHOWN = 3


@dataclass(frozen=True)
class TableOfCandidates:
    """What was made of a table: how many candidates, what each column was taken for, and which rows were left out."""

    candidates: int
    columns: Mapping[str, str]
    left_out: Sequence[str]


def refuse_mixed(table: Table, name: str, column: Texts, *, quoted: bool) -> None:
    """Refuse a column of texts that is one of numbers, but for cells that are written otherwise.

    Args:
        table: the table.
        name: the column's name.
        column: its cells.
        quoted: whether the table is the one that is meant, so that its cells may be shown.

    Raises:
        DataError: says how many cells are no numbers, and where the first is.
    """
    counts = np.bincount(column.codes, minlength=len(column.choices))
    kinds = np.array([_kind(text) for text in column.choices])
    numbers, likely, missing = (int(counts[kinds == kind].sum()) for kind in ("number", "likely", "missing"))
    names = len(column) - numbers - likely - missing
    if numbers + likely == 0 or numbers + likely <= names:
        return
    odd = kinds != "number"
    line = _line(table, odd[column.codes])
    texts = ", ".join(repr(text) for text in np.array(column.choices, dtype=object)[odd][:_SHOWN] if quoted)
    count = int(counts[odd].sum())
    raise DataError(
        f"{table.source}, line {line}: {name if quoted else 'this'} is a column of numbers, and {count} of its "
        f"{len(column)} cells {'is' if count == 1 else 'are'} not a number as written{': ' if texts else ''}{texts}",
        field=name if quoted else "space",
        value=texts or f"{count} cells",
        allowed="numbers such as -20.5: a point for decimals, nothing between thousands, a plain minus, no unit",
        hint="correct the cells; or, if these are names, write the column under space with its choices",
    )


def refuse_misspelt(table: Table, parameters: Sequence[Parameter], pool: Pool) -> None:
    """Refuse names that differ from a choice by case, blanks or the kind of a dash only.

    Raises:
        DataError: says which cells are meant, how many there are, and where the first is.
    """
    for parameter in parameters:
        column = pool.columns.get(parameter.name)
        if not isinstance(column, Texts):
            continue
        choices = [str(choice) for choice in levels_of(parameter)]
        alike = {_plain(choice): choice for choice in choices}
        for code, text in enumerate(column.choices):
            meant = alike.get(_plain(text))
            rows = column.codes == code
            if meant is not None and text not in choices and rows.any():
                raise DataError(
                    f"{table.source}, line {_line(table, rows)}: {parameter.name} is {text!r}, which is not a choice, "
                    f"and there is {meant!r} ({_rows(int(rows.sum()))})",
                    field=parameter.name,
                    value=text,
                    allowed=parameter.allowed,
                    hint=f"write {meant!r} in the table, or add {text!r} to the choices if it is another one",
                )


def refuse_alike(table: Table, parameters: Sequence[Parameter], pool: Pool) -> None:
    """Refuse choices taken from a table that differ by case, blanks or the kind of a dash only.

    Raises:
        DataError: says which two they are, and where the second is.
    """
    for parameter in parameters:
        column = pool.columns.get(parameter.name)
        first: dict[str, str] = {}
        for code, text in enumerate(column.choices if isinstance(column, Texts) else ()):
            other = first.setdefault(_plain(text), text)
            if other != text and isinstance(column, Texts):
                raise DataError(
                    f"{table.source}, line {_line(table, column.codes == code)}: {parameter.name} is {text!r}, and "
                    f"elsewhere {other!r}: are they the same?",
                    field=parameter.name,
                    value=f"{other}, {text}",
                    allowed="one way of writing each choice",
                    hint="write them alike in the table; or, if they differ, list them as choices under space",
                )


def left_out(table: Table, space: SearchSpace) -> list[str]:
    """Return in words which rows of a table are no candidates, with a count and the line of the first."""
    return list(_left_out(table, space))


def _left_out(table: Table, space: SearchSpace) -> Iterator[str]:
    pool = space.pool
    if not isinstance(pool, Pool) or len(space.candidates) == len(pool):
        return
    good = np.ones(len(pool), dtype=bool)
    for parameter in space.controlled:
        column = pool.columns[parameter.name]
        cells = column.array(slice(None))
        outside = good & ~parameter.allows(cells)
        if outside.any():
            shown = list(dict.fromkeys(cells[outside].tolist()))[:_SHOWN]
            told = ", ".join(f"{cell:g}" if isinstance(cell, float) else repr(cell) for cell in shown)
            why = (
                "is not a choice" if parameter.kind == "text" else "is not a level" if parameter.count else "is outside"
            )
            yield f"{_counted(table, outside)}: {parameter.name} {told} {why} ({parameter.allowed})"
        good &= ~outside
    for constraint in space.constraints:
        rows = np.flatnonzero(good)
        broken = np.zeros(len(pool), dtype=bool)
        broken[rows] = ~constraint.holds(pool.arrays(rows)) if len(rows) else False
        if broken.any():
            yield f"{_counted(table, broken)}: breaks {constraint}"
        good &= ~broken


def taken_for(table: Table, space: SearchSpace, outcomes: Sequence[str]) -> Mapping[str, str]:
    """Return in words what each column of a table was taken for."""
    found = {}
    own = any(name in outcomes for name in table.header)  # else it may be any file: its cells are not shown
    for name in table.header:
        parameter = space.by_name.get(name)
        if parameter is not None:
            what = "choices" if parameter.kind == "text" else "levels" if parameter.count else "numbers"
            found[name] = f"{what}, {parameter.allowed}" if own else what
        elif name in outcomes:
            found[name] = "an outcome"
        else:
            found[name] = "not used: it never varies" if name in table.constant else "not used"
    return found


def _counted(table: Table, rows: NDArray[np.bool_]) -> str:
    count = int(rows.sum())
    return f"{_rows(count)} left out (line {_line(table, rows)}{' the first' if count > 1 else ''})"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _line(table: Table, rows: NDArray[np.bool_]) -> int:
    """Return the line of the first of some rows."""
    return table.lines[int(rows.argmax())]


def _plain(text: str) -> str:
    """Return a text without what the eye passes over: case, blanks, the kind of a dash."""
    return re.sub(r"[\s_]+", "", unicodedata.normalize("NFKC", text).translate(_DASHES)).casefold()


def _kind(text: str) -> str:
    """Say whether a cell is a number, is likely meant as one, says that there is none, or is a name."""
    try:
        float(text)
    except ValueError:
        pass
    else:
        return "number" if "_" not in text else "name"
    if _MISSING.fullmatch(text):
        return "missing"
    return "likely" if _NUMBER.fullmatch(unicodedata.normalize("NFKC", text).translate(_DASHES)) else "name"
