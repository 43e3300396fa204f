"""What is refused of a table as a whole, and in which words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zosimos.campaign.control.tables import EXPERIMENT
from zosimos.campaign.tables.grid import Grid, Line, letter, shown
from zosimos.campaign.tables.headers import key, split
from zosimos.campaign.tables.matching import Matched, Targets
from zosimos.campaign.tables.sources import Head
from zosimos.core.errors import DataError, NotFoundError
from zosimos.core.ids import local_id

_NUMBER = re.compile(r"[0-9]{1,8}")


class MissingColumnError(DataError):
    """A table lacks columns: their names, and the headers that may be the first of them, the most similar one first."""

    names: Sequence[str] = ()
    headers: Sequence[str] = ()

    def as_dict(self) -> Mapping[str, Any]:
        """Return it as the DataError that it is to programs."""
        return {**super().as_dict(), "type": DataError.__name__}


def refuse_missing(matched: Matched, targets: Targets, head: Head, *, own: Line | None = None) -> None:
    """Refuse a table without a column that is needed: outcomes, and the parameters where a row has no experiment.

    An outcome that came midway is not needed in a table from before, in which all else is known.

    A table in which nothing is known is not quoted: it may be any file. ``own`` is the row without an experiment.

    Raises:
        MissingColumnError: names the columns, and the one of the table that is most like the first.
    """
    has = {column.target.column for column in matched.columns}
    needed = targets.outcomes if EXPERIMENT in has and own is None else [*targets.parameters, *targets.outcomes]
    later = targets.lacking(matched.columns, matched.notes.values())
    missing = [name for name in needed if name not in has and name not in later]
    if not missing:
        return
    hint = f'add the column or correct its name in the header; or say which it is: --column "HEADER={missing[0]}"'
    for name in missing if has else ():
        if near := nearest(name, matched.notes.values()):
            steer = f"zosimos steer ID --set 'columns={{\"{near}\": {name}}}'"
            hint = f'did you mean {near!r}? Rename it {name}; or say so: --column "{near}={name}" (for good: {steer})'
            break
    cells = [shown(cell) for cell in head.line.cells]
    if len(cells) == 1 and len(cells[0].split()) > len(needed):
        hint = "separate the columns by commas, semicolons or tabs"
    elif has and set(missing) <= {shown(line.cells[0]) for line in head.grid.lines if line.cells}:
        hint = "give each experiment a row and each outcome a column: the table stands on its side"
    if own is not None and EXPERIMENT in has:
        hint = f"write its id under experiment; {hint}, for a result of your own"
    place = head.grid.place(head.line.number) if head.grid.sheet else head.grid.source
    error = MissingColumnError(
        f"{place if own is None else head.grid.place(own.number) + ' names no experiment'}: "
        f"column {', '.join(map(repr, missing))} is missing",
        field=missing[0],
        value=", ".join(filter(None, cells)) if has else f"{len(cells)} other columns",
        allowed=f"columns {', '.join(needed)}",
        hint=hint,
    )
    error.names, error.headers = missing, _by_nearness(missing[0], matched.notes.values()) if has else []
    raise error


def _by_nearness(name: str, headers: Iterable[str]) -> list[str]:
    """Return headers, the one most like a name first."""
    plain = [" ".join(header.split()) for header in headers]
    first = nearest(name, plain)
    wanted = key(name)
    likeness = {header: difflib.SequenceMatcher(None, wanted, key(header)).ratio() for header in plain}
    return sorted(likeness, key=lambda header: (header != first, -likeness[header]))


def nearest(name: str, others: Iterable[str]) -> str:
    """Return the one of some names that is most like another, in its letters or in how it begins; else nothing.

    >>> nearest("viscosity", ["Remarks", "Viscosty"]), nearest("temperature", ["Time", "Temp (°C)"])
    ('Viscosty', 'Temp (°C)')
    """
    wanted = key(name)
    by_key = {key(text): other for other in others for text in (other, *(bare for bare, _ in split(other)))}
    found = difflib.get_close_matches(wanted, list(by_key), n=1, cutoff=0.6)
    starts = [one for one in by_key if (len(wanted) > 2 and wanted in one) or (len(one) > 2 and wanted.startswith(one))]
    return by_key[(found or starts)[0]] if found or starts else ""


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


def unknown_experiment(error: NotFoundError, place: str, name: str) -> NotFoundError:
    """Return the error that a row names an experiment that the campaign does not have."""
    hint = "correct the id; is the table of another campaign? A result of your own has no id: leave the cell empty"
    if _NUMBER.fullmatch(name):
        hint = f"ids look like e0001: did you mean {local_id('experiment', int(name))}?"
    return NotFoundError(f"{place}: {error.message}", field=EXPERIMENT, value=name, allowed=error.allowed, hint=hint)
