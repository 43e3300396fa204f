"""Accounting: what a goal says that a plan does not, whoever made the plan.

A number that was passed over, or a wish to be asked that was dropped, is worse than no plan. Numbers are looked for
among the plan's values, units converted; a wish to be asked must have become the campaign's ``approval``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from zosimos.agent.offline.slots import SpokenQuantity, colours, normalised, quantities, spanning
from zosimos.core.errors import PlanError, UnitError
from zosimos.core.units import convert
from zosimos.core.values import is_number

CONSENT = re.compile(
    r"\b(?:approv\w*|sign(?:ed|ing)?[ -]?off|permission|consent|my (?:ok|okay|go-ahead|yes|say)"
    r"|confirm\w*|authori[sz]\w*"
    r"|(?:ask|check with|consult|wait for) (?:me|us|my)|let me (?:check|look|see|decide|review)"
    r"|run (?:it|them|each) by me"
    r"|freigabe|freigeb\w*|freizugeben|genehmig\w*|bestätig\w*|zustimm\w*|frag\w* mich|approuv\w*|demande\w*[- ]moi"
    r"|aprob\w*|aprueb\w*|pregúnt\w*|autoriz\w*)(?!\w*\s*[:=])",
    re.IGNORECASE,
)
"""Words of somebody who wants to be asked."""
_WITHOUT = re.compile(
    r"\b(?:no|not|without|don't|dont|never|skip|needn't|ohne|nicht|sans|sin)\b(?:\s+\w+){0,3}\s*$", re.IGNORECASE
)
_NOTHING_WITHOUT = re.compile(r"\b(?:nothing|never|none|no|not|don't|dont)\b[^,;.]*\bwithout\b[^,;.]*$", re.IGNORECASE)
_BATCH = re.compile(r"\bbatch|\bcharge\b|\blot\b", re.IGNORECASE)
_FEWER = re.compile(r"\b(?:under|below|less than|fewer than)\s*$", re.IGNORECASE)
_FREE = frozenset({"each", "batch", "suggest"})
_NEAR = 1e-9
_PROVE_NOTHING = frozenset({"name", "description", "kind", "file", "protocol"})  # the goal's own words, and files
_COUNTS = frozenset({"version", "seed", "experiments", "batch", "parallel", "start"})


class _Count(int):
    """A number that counts something: 25 experiments are not 25 mL."""


def asked_for(words: str) -> Literal["each", "batch"] | None:
    """Return how often somebody wants to be asked before experiments run; None: they do not say so.

    >>> asked_for("approve every experiment by me first"), asked_for("no need to ask me"), asked_for("ask me per batch")
    ('each', None, 'batch')
    """
    text = normalised(words)
    before = [(match, text[: match.start()]) for match in CONSENT.finditer(text)]
    found = [match for match, said in before if not _WITHOUT.search(said) or _NOTHING_WITHOUT.search(said)]
    if not found:
        return None
    return "batch" if all(_BATCH.search(_phrase(text, match)) for match in found) else "each"


def check_consent(words: str, approval: object) -> None:
    """Refuse a plan that runs experiments unasked though the goal says that somebody wants to be asked.

    Raises:
        PlanError: it does.
    """
    wanted = asked_for(words)
    if wanted is None or approval == wanted or (approval in _FREE and (wanted == "batch" or approval == "suggest")):
        return
    raise PlanError(
        "the goal asks for a person's approval, and the plan leaves that out",
        field="approval",
        value=approval,
        allowed=f"{wanted}, or suggest",
        hint=f"set approval to {wanted}",
    )


def unaccounted(
    words: str, data: Mapping[str, Any], elsewhere: Callable[[SpokenQuantity], bool] = lambda _: False
) -> list[str]:
    """Return the numbers of a goal that are nowhere in a plan, as they were written.

    Args:
        words: the goal.
        data: the campaign file.
        elsewhere: says whether a number stands in what else the plan consists of, such as a recipe.

    >>> unaccounted("at most 25 experiments, 0.3 L of each", {"budget": {"experiments": 25}})
    ['0.3 L']
    """
    text = normalised(words)
    leaves = list(_leaves(data))
    named = colours(text)
    missing = [(one.start, text[one.start : one.end]) for one in named if not _listed(one.rgb, leaves)]
    for item in spanning(text):
        inside = any(colour.start <= item.start < colour.end for colour in named)
        if not inside and not any(_is(item, leaf, text) for leaf in leaves) and not elsewhere(item):
            missing.append((item.start, item.text))
    return [said for _, said in sorted(missing)]


def _phrase(text: str, match: re.Match[str]) -> str:
    """Return the part of a sentence in which something stands, up to the next comma or stop."""
    start = max(text.rfind(sign, 0, match.start()) for sign in ",;.\n") + 1
    ends = [place for sign in ",;.\n" if (place := text.find(sign, match.end())) >= 0]
    return text[start : min(ends, default=len(text))]


def _leaves(data: Any) -> Iterator[Any]:
    if isinstance(data, Mapping):
        unit = data.get("unit")
        for name, value in data.items():
            if name in _COUNTS and isinstance(value, int):
                yield _Count(value)
            elif unit and isinstance(unit, str) and is_number(value):
                yield f"{value} {unit}"
            elif name not in _PROVE_NOTHING:
                yield from _leaves(value)
        return
    yield data
    if isinstance(data, list | tuple):
        for value in data:
            yield from _leaves(value)


def _listed(rgb: Sequence[int], leaves: Sequence[Any]) -> bool:
    return any(isinstance(leaf, list | tuple) and list(leaf) == list(rgb) for leaf in leaves)


def _is(item: SpokenQuantity, leaf: Any, text: str) -> bool:
    """Say whether a number of a goal is a value of a plan, in any unit; what is not to be reached may be one less."""
    value = float(item.number)
    if is_number(leaf):
        if isinstance(leaf, _Count) and item.unit:
            return False
        fewer = isinstance(leaf, int) and leaf == value - 1 and _FEWER.search(text[: item.start]) is not None
        return fewer or abs(float(leaf) - value) <= _NEAR * abs(value)
    if not isinstance(leaf, str):
        return False
    return any(_same(item, other) for other in quantities(leaf))


def _same(one: SpokenQuantity, other: SpokenQuantity) -> bool:
    value, known = float(one.number), float(other.number)
    if one.unit and other.unit:
        try:
            known = convert(known, other.unit, one.unit)
        except UnitError:
            return False
    return abs(value - known) <= _NEAR * max(abs(value), abs(known))
