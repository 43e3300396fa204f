"""Advice as people write it: texts, or values in Python, become items in the units of the campaign.

A value may carry a unit (``temperature=340 K``); a plain number is in the parameter's or objective's own. How sure
somebody is follows after ``±``, ``+-`` or ``+/-`` and is one standard deviation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from zosimos.core.errors import SpecError, UnitError
from zosimos.core.nearest import did_you_mean
from zosimos.core.objective import Objective
from zosimos.core.parameters import Parameter, Value, levels_of, value_at
from zosimos.core.records import Prediction
from zosimos.core.space import SearchSpace
from zosimos.core.units import parse_quantity, same_unit
from zosimos.planners.advice import Exclude, Explore, Hypothesis, Item, Point, Prior, Replicate
from zosimos.planners.goal.prior import Likely, Near
from zosimos.planners.goal.statement_grammar import parse_statement
from zosimos.planners.goal.statements import Law

Written: TypeAlias = str | Mapping[str, Any] | None

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_SPREAD = re.compile(rf"\s*(\(?)\s*({_NUMBER})\s*(\S.*?)??\s*(?:±|\+/-|\+-)\s*({_NUMBER})\s*\)?\s*(\S.*?)?\s*")
_ODDS = re.compile(r"\s*(\d+\.?\d*)\s*(?::|to)\s*(\d+\.?\d*)\s*")
_LONGEST = 500  # characters of a text
_FACTOR = 3.0  # how many times as likely the choices named are as the others, as in a campaign file
_SHARES = ("%", "percent", "‰", "permille", "ppm", "ppb")
_DECADES = ("decades", "decade", "")


def written_items(
    space: SearchSpace,
    objectives: Sequence[Objective],
    *,
    point: Written = None,
    expect: Written = None,
    prior: Written = None,
    exclude: str = "",
    replicate: str = "",
    explore: str = "",
    hypothesis: str = "",
    odds: str | float | None = None,
    laws: Sequence[tuple[str, Law]] = (),
) -> tuple[Item, ...]:
    """Return the items that somebody wrote; each is read in units, and not checked against the campaign yet.

    Args:
        space: the campaign's.
        objectives: the campaign's.
        point: the values of a row, such as ``red=0.2,blue=0.3`` or a mapping.
        expect: what the point would give, such as ``delta_e=2±1`` or ``{"delta_e": (2, 1)}``.
        prior: where the best lies, such as ``red=0.2±0.05,solvent=DMF|water`` or
            ``{"red": (0.2, 0.05), "solvent": ["DMF", "water"]}``; of parameters on a logarithmic scale the spread is in
            decades.
        exclude: a condition on rows to leave alone, such as ``red > 0.4``.
        replicate: the experiment to measure again.
        explore: ``more`` or ``less``.
        hypothesis: a statement, such as ``delta_e falls with red``
            (:mod:`zosimos.planners.goal.statement_grammar`).
        odds: how likely it is: a probability such as 0.8 or ``80 %``, or odds such as ``4:1``.
        laws: the formulas that the campaign file states, each with its name.

    Raises:
        SpecError: a name is unknown or missing, or a value is not of its kind; names field, value and what is allowed.
        UnitError: a number cannot be read, or its unit does not fit.
    """
    found: list[Item] = []
    if point is not None:
        said = _pairs(expect, "expect", "delta_e=2±1") if expect is not None else {}
        found.append(Point(_point(space, _pairs(point, "point", _example(space))), _expected(objectives, said)))
    elif expect is not None:
        raise SpecError(
            "what is expected is said of a point, and none is advised",
            field="expect",
            value=expect,
            allowed="together with a point",
            hint=f"name the point too, such as {_example(space)}",
        )
    if prior is not None:
        found.append(Prior({name: _term(space, name, x) for name, x in _pairs(prior, "prior", "red=0.2±0.05").items()}))
    found += [Exclude(exclude)] if exclude else []
    found += [Replicate(replicate)] if replicate else []
    found += [Explore(explore)] if explore else []  # type: ignore[arg-type]  # any other word is refused by its check
    if hypothesis:
        names = [parameter.name for parameter in space.parameters], [objective.name for objective in objectives]
        found.append(Hypothesis(parse_statement(hypothesis, *names, laws), _probability(odds)))
    elif odds is not None:
        raise SpecError(
            "odds are those of a hypothesis, and none is stated",
            field="odds",
            value=odds,
            allowed="together with a hypothesis",
        )
    return tuple(found)


def _probability(written: str | float | None) -> float:
    """Return a probability that is written as one, in percent or as odds."""
    text = "" if written is None else str(written)
    if (odds := _ODDS.fullmatch(text)) is not None and float(odds[1]) + float(odds[2]) > 0:
        return float(odds[1]) / (float(odds[1]) + float(odds[2]))
    try:
        return _quantity(written, "", "odds")
    except UnitError as error:
        raise SpecError(
            "it does not say how likely the statement is" if written is None else "this is no probability",
            field="odds",
            value=written,
            allowed="a probability from 0.01 to 0.99, such as 0.8 or 80 %, or odds such as 4:1",
            hint="what you say is compared with what results make of it, so it is asked for",
        ) from error


def _pairs(written: Written, field: str, example: str) -> Mapping[str, Any]:
    """Return names and what is said of each; a comma may stand in a name's value."""
    if isinstance(written, Mapping):
        return {str(name): value for name, value in written.items()}
    text = written if isinstance(written, str) and len(written) <= _LONGEST else ""
    found: dict[str, str] = {}
    for part in re.split(r",(?=[^,=]+=)", text):
        name, equals, value = part.partition("=")
        name = name.strip()
        if not (name and equals and value.strip()) or name in found:
            raise SpecError(
                f"{name} is said twice" if name in found else "it is not a list of name=value",
                field=field,
                value=written,
                allowed=f"such as {example}, in at most {_LONGEST} characters",
            )
        found[name] = value.strip()
    return found


def _point(space: SearchSpace, said: Mapping[str, Any]) -> dict[str, Value]:
    """Return a row in the space's order; what does not count where it lies is at its default."""
    known = [parameter.name for parameter in space.controlled]
    for name in said:
        _known(name, known, "point", "parameter that is chosen")
    row = {p.name: _value(p, said[p.name], f"point.{p.name}") for p in space.controlled if p.name in said}
    for nested in space.nested:
        if nested.name not in row and all(parent in row for parent in nested.when):
            columns = {parent: np.array([row[parent]]) for parent in nested.when}
            if not nested.active(columns)[0]:
                row[nested.name] = nested.default
    for name in known:
        if name not in row:
            raise SpecError(
                f"the point has no {name}",
                field=f"point.{name}",
                allowed=space.by_name[name].allowed,
                hint=f"name every parameter: {', '.join(known)}",
            )
    return {**{name: row[name] for name in known}, **space.current}


def _value(parameter: Parameter, written: Any, field: str) -> Value:
    """Return one value in its parameter's unit.

    Raises:
        SpecError: the parameter does not take it.
    """
    value: Value
    if parameter.kind == "text":
        value = str(written)
    else:
        number = _quantity(written, parameter.unit, field)
        value = int(number) if parameter.kind == "whole" and number == int(number) else number
    problem = parameter.problem(value)
    if problem is not None:
        near = did_you_mean(str(value), map(str, levels_of(parameter))) if parameter.kind == "text" else ""
        raise SpecError(
            problem, field=field, value=written, allowed=parameter.allowed, hint=near or "correct the value"
        )
    return value


def _expected(objectives: Sequence[Objective], said: Mapping[str, Any]) -> dict[str, Prediction]:
    units = {objective.name: objective.unit for objective in objectives}
    for name in said:
        _known(name, list(units), "expect", "objective")
    found = {}
    for name, written in said.items():
        if isinstance(written, Prediction):
            found[name] = written
            continue
        mean, sd = _near(written, units[name], f"expect.{name}", "2±1")
        found[name] = Prediction(mean, sd)
    return found


def _term(space: SearchSpace, name: str, written: Any) -> Near | Likely:
    field = f"prior.{name}"
    _known(name, [parameter.name for parameter in space.controlled], "prior", "parameter that is chosen")
    parameter = space.by_name[name]
    if parameter.kind == "text":
        choices = written.split("|") if isinstance(written, str) else written
        return Likely(
            tuple(str(_value(parameter, str(one).strip(), field)) for one in _several(choices, field)), _FACTOR
        )
    if isinstance(written, list) or (isinstance(written, str) and "|" in written):
        if not parameter.count:
            raise SpecError(
                f"{name} takes any number, so that single ones say nothing of the others",
                field=field,
                value=written,
                allowed="a value and one standard deviation, such as 0.2±0.05",
            )
        levels = written.split("|") if isinstance(written, str) else written
        return Likely(tuple(float(_value(parameter, one, field)) for one in _several(levels, field)), _FACTOR)
    log = parameter.scale == "log"
    at, within = _near(written, parameter.unit, field, "0.2±0.05", decades=log)
    if log and at <= 0:
        raise SpecError("a logarithmic scale has no 0", field=field, value=written, allowed="above 0")
    return Near(at, within, log)


def _several(choices: Any, field: str) -> Sequence[Any]:
    if not isinstance(choices, list | tuple | set | frozenset) or not choices:
        raise SpecError("it names no choices", field=field, value=choices, allowed="such as DMF|water")
    return sorted(choices) if isinstance(choices, set | frozenset) else choices


def _near(written: Any, unit: str, field: str, example: str, *, decades: bool = False) -> tuple[float, float]:
    """Return a value and how sure somebody is of it: a text with a ±, or two numbers."""
    value, spread = _halves(written, unit, field, decades=decades)
    if spread is None:
        raise SpecError(
            "it does not say how sure that is",
            field=field,
            value=written,
            allowed=f"a value and one standard deviation, such as {example}" + (" (in decades)" if decades else ""),
            hint="write ±, +- or +/- between them",
        )
    at = _quantity(value, unit, field)
    within = _decades(spread, field) if decades else _quantity(spread, unit, field, difference=True)
    if within <= 0:
        raise SpecError("the standard deviation is not above 0", field=field, value=written, allowed="above 0")
    return at, within


def _halves(written: Any, unit: str, field: str, *, decades: bool) -> tuple[Any, Any]:
    """Return a value and its spread, each with its unit; a unit after both is that of both."""
    if isinstance(written, tuple | list) and len(written) == 2:
        return written[0], written[1]
    match = _SPREAD.fullmatch(written) if isinstance(written, str) and len(written) <= _LONGEST else None
    if match is None:
        return written, None
    value, own, spread, last = match[2], match[3] or "", match[4], match[5] or ""
    if decades:
        return f"{value} {own}".strip(), f"{spread} {last}".strip()
    if not own and not match[1] and _a_share(last, unit):
        raise SpecError(
            f"it does not say what the {last} are of: all of it, or the value",
            field=field,
            value=written,
            allowed=f"a standard deviation in {unit}" if unit else "a standard deviation as a plain number",
            hint=f"write ({value}±{spread}) {last} if both are meant, or work the standard deviation out",
        )
    return f"{value} {own or last}".strip(), f"{spread} {last or own}".strip()


def _a_share(text: str, unit: str) -> bool:
    """Say whether a unit is one of shares, such as percent, which a standard deviation may also have of its value."""
    return text in _SHARES and not same_unit(text, unit)


def _decades(written: Any, field: str) -> float:
    """Return a spread on a logarithmic scale."""
    number, _, unit = written.partition(" ") if isinstance(written, str) else (written, "", "")
    if unit.strip() not in _DECADES:
        raise UnitError(
            "on a logarithmic scale a standard deviation is in decades",
            field=field,
            value=written,
            allowed="a number of decades: 1 is a factor of ten, 0.3 one of two",
            hint="leave the unit out",
        )
    return _quantity(number, "", field)


def _quantity(written: Any, unit: str, field: str, *, difference: bool = False) -> float:
    if isinstance(written, np.generic | np.ndarray) and np.size(written) == 1:
        written = written.item()  # a number of numpy's
    try:
        return parse_quantity(written, unit, field, difference=difference)
    except UnitError as error:
        allowed = error.allowed or "a number, or a number and a unit"
        raise UnitError(error.message, field=field, value=written, allowed=allowed, hint=error.hint) from error


def _known(name: str, known: Sequence[str], field: str, what: str) -> None:
    if name not in known:
        raise SpecError(
            f"there is no {what} {name!r}",
            field=f"{field}.{name}",
            value=name,
            allowed=", ".join(known),
            hint=did_you_mean(name, known),
        )


def _example(space: SearchSpace) -> str:
    """Return a point of the space as somebody would write it."""
    middle = ((p.name, value_at(p, 0.5)) for p in space.controlled)
    return ",".join(f"{name}={value if isinstance(value, str) else format(value, '.4g')}" for name, value in middle)
