"""What is refused of a table as a whole, and in which words."""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Mapping, Sequence
from typing import Any

from zosimos.campaign.control.tables import EXPERIMENT
from zosimos.campaign.tables.absent import absent, by_nearness, meant, nearest
from zosimos.campaign.tables.grid import Grid, Line, letter, shown
from zosimos.campaign.tables.headers import key
from zosimos.campaign.tables.matching import EXPERIMENTS, Matched, Targets
from zosimos.campaign.tables.sources import Head
from zosimos.core.errors import DataError, NotFoundError
from zosimos.core.ids import local_id

_NUMBER = re.compile(r"[0-9]{1,8}")
_LOOSE = 16  # characters of a text that may be meant as an id
_WORKED = re.compile(
    r"\b(?:log|ln|lg|lb|log10|log2|sqrt|inverse|scaled|normali[sz]ed)\b|^\s*[-−–]|1\s*/|[×x*]\s*10|10\s*[\^⁻⁰¹²³]|\^|\*\*"
    r"|[(\[]\s*10+\s*[^\W\d]",
    re.IGNORECASE,
)
"""What in the header of a column says that it is no outcome, but worked out of one."""


class MissingColumnError(DataError):
    """A table lacks columns: their names, and the headers that may be the first of them, the most similar one first.

    ``optional``: the first is an outcome that the table need not have, if none of the headers is it.
    """

    names: Sequence[str] = ()
    headers: Sequence[str] = ()
    optional: bool = False

    def as_dict(self) -> Mapping[str, Any]:
        """Return it as the DataError that it is to programs."""
        return {**super().as_dict(), "type": DataError.__name__}


def refuse_missing(
    matched: Matched, targets: Targets, head: Head, body: Sequence[Line], *, own: Line | None = None
) -> None:
    """Refuse a table without a column that is needed: a parameter's where a row has no experiment, or any of results.

    A table may lack some outcomes, which are awaited then; but not where a column nobody knows may be one of them.

    A table in which nothing is known is not quoted: it may be any file. ``own`` is the row without an experiment.

    Raises:
        MissingColumnError: names the columns, and the one of the table that is most like the first.
    """
    has = {column.target.column for column in matched.columns}
    awaited = absent(matched, targets)
    doubted = {name: headers for name in awaited if (headers := meant(name, matched, targets, body))}
    needed = targets.outcomes if EXPERIMENT in has and own is None else [*targets.parameters, *targets.outcomes]
    missing = [name for name in needed if name not in has and (name not in awaited or name in doubted)]
    if not missing:
        return
    first = missing[0]
    hint = f'add the column or correct its name in the header; or say which it is: --column "HEADER={first}"'
    for name in missing if has else ():
        near = next(iter(doubted.get(name, ())), "") or nearest(name, matched.notes.values())
        if near:
            steer = f"zosimos steer ID --set 'columns={{\"{near}\": {name}}}'"
            hint = f'did you mean {near!r}? Rename it {name}; or say so: --column "{near}={name}" (for good: {steer})'
            if _WORKED.search(near):
                hint = f"{near!r} looks like a function or a multiple of {name}: add a column of {name} itself"
            hint += f"; if {name} comes later, add an empty column {name}" if name in doubted else ""
            break
    cells = [shown(cell) for cell in head.line.cells]
    if len(cells) == 1 and len(cells[0].split()) > len(needed):
        hint = "separate the columns by commas, semicolons or tabs"
    elif has and (where := _stands_in(set(missing), head)) is not None:
        hint = "give each experiment a row and each outcome a column: the table "
        hint += "has a row for each value" if where else "stands on its side"
    if own is not None and EXPERIMENT in has:
        hint = f"write its id under experiment; {hint}, for a result of your own"
    place = head.grid.place(head.line.number) if head.grid.sheet else head.grid.source
    error = MissingColumnError(
        f"{place if own is None else head.grid.place(own.number) + ' names no experiment'}: "
        f"column{'s' if len(missing) > 1 else ''} {', '.join(map(repr, missing))} "
        f"{'are' if len(missing) > 1 else 'is'} missing",
        field=missing[0],
        value=", ".join(filter(None, cells)) if has else f"{len(cells)} other columns",
        allowed=f"columns {', '.join(needed)}",
        hint=hint,
    )
    offered = doubted.get(first) or by_nearness(first, matched.notes.values())
    error.names, error.headers, error.optional = missing, offered if has else [], first in doubted
    raise error


def _stands_in(names: Collection[str], head: Head) -> int | None:
    """Return the place of a column in whose cells all of some names stand; None: there is none."""
    for place in range(len(head.line.cells)):
        if set(names) <= {shown(line.at(place)) for line in head.grid.lines}:
            return place
    return None


def refuse_merged(matched: Matched, head: Head, body: Sequence[Line]) -> None:
    """Refuse merged cells below the header in columns that count: only the first of them has the value.

    Raises:
        DataError: there are some; names the range.
    """
    first = body[0].number if body else 0
    for merge in head.grid.merged:
        inside = [column for column in matched.columns if merge.left <= column.place <= merge.right]
        if body and inside and merge.last >= first:
            area = f"{letter(merge.left)}{merge.first}:{letter(merge.right)}{merge.last}"
            raise DataError(
                f"{head.grid.place(max(merge.first, first), inside[0].place)}: the cells {area} are merged",
                field=inside[0].target.column,
                value=area,
                allowed="a cell for each row and column",
                hint="unmerge them, and write the value into each row that it belongs to",
            )


def refuse_wide(grid: Grid, line: Line, width: int) -> None:
    """Refuse a line of a text that has more cells than the header.

    Raises:
        DataError: it has.
    """
    if len(line.cells) > width and not grid.sheet:
        mark = {"commas": "a comma", "semicolons": "a semicolon", "tabs": "a tab", "bars": "a bar"}.get(
            grid.separator, "the separator"
        )
        more = "; decimal commas need another separator, such as semicolons" if grid.separator == "commas" else ""
        raise DataError(
            f"{grid.place(line.number)}: {len(line.cells)} cells under {width} columns",
            field="row",
            value=f"{len(line.cells)} cells",
            allowed=f"{width} cells",
            hint=f"quote cells that hold {mark}{more}",
        )


def no_result(source: str, outcome: str, left_out: Sequence[tuple[str, str]]) -> DataError:
    """Return the error that a table holds no result."""
    reasons = "; ".join(dict.fromkeys(why for _, why in left_out))
    return DataError(
        f"{source} holds no result" + (f": {reasons} in {len(left_out)} rows" if left_out else ""),
        field=outcome,
        value="(empty)",
        hint="fill in the outcome columns",
    )


def unknown_experiment(error: NotFoundError, place: str, name: str, known: Container[str]) -> NotFoundError:
    """Return the error that a row names an experiment that the campaign, whose ids are ``known``, does not have."""
    hint = "correct the id; is the table of another campaign? A result of your own has no id: leave the cell empty"
    numbers = _NUMBER.findall(name) if len(name) <= _LOOSE else []
    if key(name) in EXPERIMENTS:
        hint = "it is another header: leave each table in a file of its own, and tell one after the other"
    elif len(numbers) > 1:
        hint = f"give each experiment a row, with its id alone; {hint}"
    elif numbers and (near := local_id("experiment", int(numbers[0]))) in known:
        hint = f"ids look like e0001: did you mean {near}?"
    return NotFoundError(f"{place}: {error.message}", field=EXPERIMENT, value=name, allowed=error.allowed, hint=hint)
