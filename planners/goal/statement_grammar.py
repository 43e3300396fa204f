"""Statements as people write them, read strictly: a sentence is one of seven patterns, or it is refused.

::

    delta_e falls with red                          delta_e rises with red where blue < 0.2
    red and blue interact on delta_e                the effect of red on delta_e depends on blue
    the best lies where red > 0.4                   the best delta_e lies where red > 0.4
    yield > 60 where temperature > 70               if temperature > 70 then yield > 60
    rate = k*S / (Km + S) with k in [0, 5], Km in [0.1, 20]
    rate follows NAME                               a formula that the campaign file names

A name that is no plain word, or a word of these patterns, stands in backticks. Conditions and formulas are those of
:mod:`zosimos.core.expression`, numbers are in the parameter's own unit. What is read writes itself as one of the
patterns, and reads back as the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, cast

from zosimos.core.errors import SpecError
from zosimos.core.nearest import did_you_mean
from zosimos.planners.goal.statements import Interaction, Law, Region, Rule, Statement, Trend

LONGEST = 800
"""Characters of a statement."""

_NAME = r"(?:`[^`]+`|[^`<>=\s][^`<>=]*?)"
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_OUTCOME = rf"(?P<quantity>{_NAME})\s*(?P<sign><=|>=|<|>|≤|≥)\s*(?P<bound>{_NUMBER})"
_BOUNDS = re.compile(rf"\s*(`[^`]+`|[^\W\d]\w*)\s+in\s+\[\s*({_NUMBER})\s*,\s*({_NUMBER})\s*\]\s*")
_PATTERNS: Mapping[str, re.Pattern[str]] = {
    form: re.compile(rf"\s*{text}\s*", re.DOTALL)
    for form, text in {
        "region": rf"the\s+best(?:\s+(?P<quantity>{_NAME}))?\s+lies\s+where\s+(?P<where>.+?)",
        "if": rf"if\s+(?P<where>.+?)\s*,?\s+then\s+{_OUTCOME}",
        "depends": rf"the\s+effect\s+of\s+(?P<first>{_NAME})\s+on\s+(?P<quantity>{_NAME})\s+depends\s+on"
        rf"\s+(?P<second>{_NAME})",
        "trend": rf"(?P<quantity>{_NAME})\s+(?P<direction>rises|falls)\s+with\s+(?P<parameter>{_NAME})"
        r"(?:\s+where\s+(?P<where>.+?))?",
        "interaction": rf"(?P<first>{_NAME})\s+and\s+(?P<second>{_NAME})\s+interact\s+on\s+(?P<quantity>{_NAME})",
        "follows": rf"(?P<quantity>{_NAME})\s+follows\s+(?P<law>{_NAME})",
        "rule": rf"{_OUTCOME}\s+where\s+(?P<where>.+?)",
        "law": rf"(?P<quantity>{_NAME})\s*=(?!=)\s*(?P<formula>.+?)(?:\s+with\s+(?P<constants>[^()]+?\s+in\s+\[.+\]))?",
    }.items()
}
_SIGNS = {"≤": "<=", "≥": ">="}
_ALLOWED = (
    "'Y falls with A', 'A and B interact on Y', 'the best lies where A > 1', 'Y > 1 where A > 2', "
    "'Y = k*A with k in [0, 5]' or 'Y follows NAME'"
)


def parse_statement(
    text: str, parameters: Sequence[str], quantities: Sequence[str], laws: Sequence[tuple[str, Law]] = ()
) -> Statement:
    """Return the statement that a sentence is.

    Args:
        text: the sentence.
        parameters: the names of the campaign's parameters.
        quantities: the names of its objectives.
        laws: the formulas that its file states, each with its name.

    Raises:
        SpecError: it is none, or a name is unknown; names the value and what is allowed.

    >>> parse_statement("delta_e falls with red", ["red"], ["delta_e"])
    Trend(quantity='delta_e', parameter='red', direction='falls', where='')
    """
    if len(text) > LONGEST or not text.isprintable():
        raise _refused(text, f"at most {LONGEST} characters on one line, all of which can be seen")
    for form, pattern in _PATTERNS.items():
        found = pattern.fullmatch(text)
        if found is not None:
            said = {name: value.strip() for name, value in found.groupdict().items() if value is not None}
            return _Reader(text, parameters, quantities, laws).read(form, said)
    raise _refused(text, _ALLOWED)


class _Reader:
    """What turns the parts of a sentence into a statement about what the campaign knows."""

    def __init__(
        self, text: str, parameters: Sequence[str], quantities: Sequence[str], laws: Sequence[tuple[str, Law]]
    ) -> None:
        self._text, self._parameters, self._quantities, self._laws = text, parameters, quantities, laws

    def read(self, form: str, said: Mapping[str, str]) -> Statement:
        quantity, where = self._quantity(said.get("quantity")), said.get("where", "")
        try:
            match form:
                case "region":
                    return Region(quantity, where)
                case "trend":
                    direction = cast("Literal['rises', 'falls']", said["direction"])
                    return Trend(quantity, self._parameter(said["parameter"]), direction, where)
                case "interaction" | "depends":
                    return Interaction(quantity, self._parameter(said["first"]), self._parameter(said["second"]))
                case "follows":
                    return self._named(quantity, _bare(said["law"]))
                case "law":
                    return Law(quantity, said["formula"], self._constants(said.get("constants", "")))
                case _:
                    sign = cast("Literal['<', '<=', '>', '>=']", _SIGNS.get(said["sign"], said["sign"]))
                    return Rule(quantity, sign, float(said["bound"]), where)
        except SpecError as error:
            place = error.field if (error.field or "").startswith("hypothesis") else "hypothesis"
            raise SpecError(
                error.message, field=place, value=error.value, allowed=error.allowed, hint=error.hint
            ) from error

    def _quantity(self, said: str | None) -> str:
        if said is None:
            if len(self._quantities) != 1:
                raise _refused(
                    self._text, f"the best of which objective: {', '.join(self._quantities)}", "the best Y lies where"
                )
            return self._quantities[0]
        return _known(_bare(said), self._quantities, "objective")

    def _parameter(self, said: str) -> str:
        return _known(_bare(said), self._parameters, "parameter")

    def _named(self, quantity: str, name: str) -> Law:
        of = {known: law for known, law in self._laws if law.quantity == quantity}
        if name not in of:
            raise SpecError(
                f"the campaign file states no formula {name!r} of {quantity}",
                field="hypothesis",
                value=name,
                allowed=", ".join(of) or "none is stated; write the formula itself",
                hint=f"such as: {quantity} = a + b*x with a in [0, 1], b in [0, 5]",
            )
        return of[name]

    def _constants(self, text: str) -> dict[str, tuple[float, float]]:
        found: dict[str, tuple[float, float]] = {}
        for part in re.split(r",(?![^\[]*\])|\s+and\s+", text) if text else ():
            bounds = _BOUNDS.fullmatch(part)
            if bounds is None or _bare(bounds[1]) in found:
                raise SpecError(
                    "the constants of the law cannot be read",
                    field="hypothesis",
                    value=part.strip(),
                    allowed="bounds of each, once, such as: with k in [0, 5], Km in [0.1, 20]",
                )
            found[_bare(bounds[1])] = (float(bounds[2]), float(bounds[3]))
        return found


def _bare(name: str) -> str:
    """Return a name without its backticks."""
    return name[1:-1] if name.startswith("`") else name.strip()


def _known(name: str, known: Sequence[str], what: str) -> str:
    if name not in known:
        raise SpecError(
            f"there is no {what} {name!r}",
            field="hypothesis",
            value=name,
            allowed=", ".join(known),
            hint=did_you_mean(name, known),
        )
    return name


def _refused(text: str, allowed: str, hint: str = "names that are no plain words stand in backticks") -> SpecError:
    return SpecError(
        "this is no statement that results could decide",
        field="hypothesis",
        value=text[:120],
        allowed=allowed,
        hint=hint,
    )
