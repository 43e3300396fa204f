"""The kind for a table of one's own: each column is proposed as a parameter, an outcome or a note, and asked for.

What is proposed follows from the cells: a column with gaps, limits or failures, or called like something that is
measured, is an outcome; other numbers and repeated names are parameters; the rest are notes. Columns whose numbers add
up to the same total in every row are a mixture.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from math import isclose
from pathlib import Path

from zosimos.campaign.tables.headers import key
from zosimos.campaign.tables.numbers import Sign
from zosimos.campaign.templates import phrases
from zosimos.campaign.templates.columns import Column, Profile, profile
from zosimos.campaign.templates.draft import Draft, Knob, Mixture, check_own_names
from zosimos.campaign.templates.percent import limited
from zosimos.campaign.templates.phrases import Aim, Range
from zosimos.campaign.templates.questions import (
    BATCH,
    EXPERIMENTS,
    NAME,
    OUTCOMES,
    Found,
    Kind,
    Question,
    check_distinct,
    closing,
    knobs,
    named,
)
from zosimos.core.errors import SpecError
from zosimos.core.units import convert

_NOTE = frozenset(("note", "notes", "none", "no", "leave", "-"))
_MEASURED = re.compile(
    r"yield|ausbeute|visco|viskos|conduct|leitf|hardness|härte\b|strength|festig|selectiv|selektiv|purity|reinheit|impurit"
    r"|rough|rauheit|gloss|glanz|density|dichte|cost|preis|price|kosten|signal|error|fehler|resist|widerstand|modulus|modul"
    r"|efficien|wirkungs|capacity|kapazit|conversion|umsatz|delta|adhesion|haftung|turbid|trüb|absorb|thickness|dicke|score",
    re.IGNORECASE,
)
_LESS = re.compile(
    r"cost|preis|price|kosten|impurit|rough|rauheit|error|fehler|resist|widerstand|delta|turbid|trüb", re.IGNORECASE
)
_ANSWERS = "a range such as 20 to 80 °C; choices a | b | c; outcome max, outcome min or outcome target 7; or note"
_MOST_CHOICES = 30
_FEW = 6  # rows: in so short a table each choice may stand once
_EXACT = 1e-6  # of the total: what a mixture may be off in a campaign
_CLOSE = 0.006  # of the total: what rounded parts of a mixture are off together


def of_table(path: Path, decimal: Sign | None = None) -> Kind:
    """Return the questions for a table: one for each column that is no label, and those of every kind.

    Raises:
        DataError: the table cannot be read.
    """
    found = profile(path, decimal)
    proposals, columns = _proposals(found), {column.header: column for column in reversed(found.columns)}
    about = f"Made of the columns of {path.name}: {found.rows} rows."
    questions = [
        named(_titled(path)),
        *(_question(columns[header], proposals[header], first=place == 0) for place, header in enumerate(proposals)),
        *(_label(column) for header, column in columns.items() if header not in proposals),
        *_closing(),
    ]
    return Kind("table", about, questions, lambda answers: _drafted(about, found, answers))


def _closing() -> list[Question]:
    """Return the last questions, of which that for outcomes only says that there are some: columns were asked for."""
    experiments, batch = closing("", more=False)[1:]
    return [Question(OUTCOMES, "", "as in the table", _aims), experiments, batch]


def _titled(path: Path) -> str:
    words = " ".join(re.sub(r"[\W_]+", " ", path.stem).split())[:60].strip()
    return words[:1].upper() + words[1:] if any(letter.isalnum() for letter in words) else "Table"


def _proposals(found: Profile) -> dict[str, str]:
    """Return what each column may be, as an answer to its question; columns of the same header are asked for once."""
    columns = {column.header: column for column in reversed(found.columns) if not column.is_label}
    kinds = {header: _guess(column, found.rows) for header, column in reversed(columns.items())}
    numbers = [header for header, kind in kinds.items() if kind == "numbers"]
    outcomes = [header for header in numbers if _is_outcome(columns[header])]
    if not outcomes and numbers:
        outcomes = numbers[-1:]
    answers = {}
    for header, kind in kinds.items():
        column = columns[header]
        if header in outcomes:
            answers[header] = f"outcome {'min' if _LESS.search(header) else 'max'}"
        elif kind == "numbers":
            answers[header] = _range(column)
        else:
            answers[header] = kind
    return answers


def _guess(column: Column, rows: int) -> str:
    if not column.texts and _MEASURED.search(column.name):
        return "numbers"
    if len(column.numbers) > len(column.texts):
        return "numbers" if len(set(column.numbers.values())) > 1 or _is_outcome(column) else "note"
    names = _spelled(column)
    repeated = len(column.texts) > len(names) or rows < _FEW
    fit = 2 <= len(names) <= _MOST_CHOICES and repeated and not any(map(_unfit, names)) and len(column.texts) > rows / 2
    return "choices " + " | ".join(names) if fit else "note"


def _spelled(column: Column) -> list[str]:
    """Return the names that stand in a column, each as it is written first."""
    found: dict[str, str] = {}
    for name in column.texts.values():
        found.setdefault(key(name), name)
    return list(found.values())


def _unfit(name: str) -> bool:
    try:
        return phrases.name(name, "choices") != name or "|" in name
    except SpecError:
        return True


def _is_outcome(column: Column) -> bool:
    return column.gaps > 0 or _MEASURED.search(column.name) is not None


def _range(column: Column) -> str:
    values = column.numbers.values()
    whole = all(value == int(value) and abs(value) < 1e6 for value in values) and not column.unit and max(values) <= 20
    return f"{min(values):.10g} to {max(values):.10g} {column.unit}".rstrip() + (" whole" if whole else "")


def _label(column: Column) -> Question:
    """Return the question for a column that names, dates or describes rows: it is a note unless somebody says more."""
    return replace(_question(column, "note", first=False), text="")


def _question(column: Column, proposal: str, *, first: bool) -> Question:
    long = f"What is the column {column.header!r}? {_ANSWERS[:1].upper()}{_ANSWERS[1:]}"
    text = long if first else f"And {column.header!r}?"

    def read(answer: str, found: Found) -> Knob | Aim | None:
        first, _, rest = answer.partition(" ")
        word = first.casefold().rstrip(":")
        if answer.casefold().strip() in _NOTE:
            return None
        if word in ("outcome", "result", "max", "min", "target"):
            return _aim(column, rest if word in ("outcome", "result") else answer, found)
        if word in ("choices", "choice"):
            return _choices(column, rest, found)
        values = _in_range(column, rest if word in ("parameter", "range") else answer)
        check_own_names([column.name], column.header, _taken(found))
        return Knob(column.name, values, _seen(column))

    return Question(column.header, text, proposal, read, column.name)


def _aim(column: Column, text: str, found: Found) -> Aim:
    check_own_names([column.name], column.header, _taken(found))
    try:
        aim = phrases.aim(f"it {text}", column.header)
    except SpecError as error:
        raise SpecError(error.message, field=column.header, value=text or "outcome", allowed=_ANSWERS) from error
    return limited(Aim(column.name, aim.goal, aim.unit or column.unit, aim.target), column.numbers.values())


def _choices(column: Column, text: str, found: Found) -> Knob:
    names = [part.strip() for part in (text.split("|") if "|" in text else phrases.items(text)) if part.strip()]
    if len(names) < 2:
        raise SpecError("one choice is none", field=column.header, value=text, allowed="choices a | b | c, or note")
    for one in names:
        phrases.name(one, column.header)
    check_distinct(names, column.header)
    check_own_names([column.name], column.header, _taken(found))
    return Knob(column.name, names, _dated(column))


def _in_range(column: Column, text: str) -> Range:
    """Return the range that a person says of a column, in its unit where none is said."""
    if not column.numbers:
        raise SpecError(
            "the column has no numbers",
            field=column.header,
            value=next(iter(column.texts.values()), "(empty)")[:60],
            allowed="choices a | b | c, or note",
        )
    try:
        values = phrases.span(text, column.header)
    except SpecError as error:
        raise SpecError(error.message, field=column.header, value=text, allowed=_ANSWERS) from error
    if not values.unit:
        return replace(values, unit=column.unit)
    if column.unit:  # else the table leaves open what its numbers are in
        phrases.check_same_kind(values.unit, column.unit, column.header)
    return values


def _seen(column: Column) -> str:
    values = column.numbers.values()
    return (
        f"in the table {min(values):.6g} to {max(values):.6g} {column.unit}".rstrip()
        + ": widen it where more is possible"
    )


def _dated(column: Column) -> str:
    """Return what to say of dates that stand among names; "" if there are none."""
    dates = list(dict.fromkeys(column.dates.values()))
    few = ", ".join(dates[:2]) + (", ..." if len(dates) > 2 else "")
    return f"one of these; the table has a date there ({few}): retype what was meant, as text" if dates else ""


def _taken(found: Found) -> list[str]:
    return [one.name for one in found.values() if isinstance(one, Knob | Aim)]


def _aims(_: str, found: Found) -> list[Aim]:
    aims = [one for one in found.values() if isinstance(one, Aim)]
    if not aims or not knobs(found):
        raise SpecError(
            "no column is an outcome" if not aims else "no column is a parameter",
            field=OUTCOMES,
            allowed="one column at least that is measured, and one that can be changed",
            hint="answer the question of a column, such as: --set 'Yield=outcome max' or --set 'Temp=20 to 80 °C'",
        )
    return aims


def _drafted(about: str, found: Profile, answers: Found) -> Draft:
    every = knobs(answers)
    mixtures = _mixtures(found, every)
    columns = {column.name: column for column in reversed(found.columns)}
    outside = any(_leaves(columns[knob.name], knob.values) for knob in every)
    outside = outside or any(_is_off([columns[name] for name in one.of], one.total) for one in mixtures)
    used = {one.name for one in (*every, *answers[OUTCOMES])}
    notes = [column.header for column in found.columns if column.name not in used]
    return Draft(
        about,
        answers[NAME],
        every,
        answers[OUTCOMES],
        answers[EXPERIMENTS],
        answers[BATCH],
        mixtures,
        ["Columns of the table that are not named here are kept as notes."],
        outside,
        notes,
    )


def _leaves(column: Column, values: Range | Sequence[str]) -> bool:
    """Say whether a column has numbers outside a range, or names that are no choice."""
    if not isinstance(values, Range):
        return not {key(text) for text in column.texts.values()} <= {key(choice) for choice in values}
    own = values.unit if column.unit and values.unit else ""
    given = (convert(number, column.unit, own) if own else number for number in column.numbers.values())
    return any(not values.low <= number <= values.high for number in given)


def _is_off(parts: Sequence[Column], total: float) -> bool:
    """Say whether a row's parts do not quite add up to the total, as rounded ones do not."""
    rows = set.intersection(*(set(part.numbers) for part in parts))
    return any(abs(sum(part.numbers[row] for part in parts) - total) > _EXACT * total for row in rows)


def _mixtures(found: Profile, every: Sequence[Knob]) -> list[Mixture]:
    """Return the largest group of columns in one unit whose numbers add up to the same in every row."""
    columns = {column.name: column for column in reversed(found.columns)}
    ranges = {
        knob.name: knob.values
        for knob in every
        if isinstance(knob.values, Range)
        and not knob.values.whole
        and not knob.values.log
        and knob.values.step is None
        and knob.values.low >= 0
        and knob.values.unit in ("", columns[knob.name].unit)
    }
    for count in range(min(len(ranges), 8), 1, -1):
        for group in combinations(ranges, count):
            if (total := _total([columns[name] for name in group])) is None:
                continue
            least, most = (sum(getattr(ranges[name], end) for name in group) for end in ("low", "high"))
            if len({ranges[name].unit for name in group}) == 1 and least < total * 0.999 and most > total * 1.001:
                return [Mixture(group, total, ranges[group[0]].unit)]
    return []


def _total(parts: Sequence[Column]) -> float | None:
    rows = set.intersection(*(set(part.numbers) for part in parts))
    if len(rows) < 3:
        return None
    sums = [sum(part.numbers[row] for part in parts) for row in rows]
    total = float(f"{sorted(sums)[len(sums) // 2]:.3g}")
    varied = all(len({part.numbers[row] for row in rows}) > 1 for part in parts)
    fits = total > 0 and varied and all(isclose(one, total, rel_tol=_CLOSE) for one in sums)
    return total if fits else None
