"""Substances in a campaign file: what its parameters and its ``species`` say is there, and what only reads so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from zosimos.campaign.definition.knobs import CategoricalSpec
from zosimos.campaign.definition.model import CampaignSpec, ParameterSpec
from zosimos.campaign.safety.reading import read
from zosimos.campaign.safety.shipped import shipped
from zosimos.campaign.safety.spelling import key
from zosimos.campaign.safety.stated import Stated
from zosimos.core.parameter import levels_of
from zosimos.core.space import SearchSpace

_TELLING = 3
"""Characters of a name that is more than a label."""

_LISTED = 10_000
"""Values of a parameter that are looked at as texts."""


def stated_in(spec: CampaignSpec, space: SearchSpace) -> tuple[Stated, ...]:
    """Return what a campaign file states of substances.

    Args:
        spec: the file.
        space: its space, which has the choices that only a table says.
    """
    found = [Stated("species", text) for text in spec.species]
    for name, part in spec.space.items():
        found += _of_parameter(name, part, space)
    return tuple(found)


def _of_parameter(name: str, part: ParameterSpec, space: SearchSpace) -> Iterator[Stated]:
    where, choices = f"space.{name}", _choices(name, part, space)
    said = part.species
    if said is None or said is False:
        yield Stated(where, name, declared=False)
        for choice in choices:
            yield Stated(where, choice, choice, declared=False)
        return
    if said is True:
        for choice in choices or [name]:
            yield Stated(where, choice, choice if choices else "", amounts=_amounts(name, space))
        return
    if isinstance(said, Mapping):
        for choice in choices:
            texts = said.get(choice, choice)  # one of which nothing is said is what it is called
            for text in [texts] if isinstance(texts, str) else texts:
                yield Stated(where, text, choice)
        for choice in choices:  # whatever is said of it, what it is called counts too
            yield Stated(where, choice, choice, declared=_speaks_for_itself(choice))
        return
    yield Stated(where, name, declared=_speaks_for_itself(name), amounts=_amounts(name, space))
    for choice in choices:
        yield Stated(where, choice, choice, declared=_speaks_for_itself(choice))
    for text in [said] if isinstance(said, str) else said:
        yield Stated(where, text, amounts=_amounts(name, space))


def _speaks_for_itself(name: str) -> bool:
    """Say whether a name is a substance's, whatever else is said of it; short ones and elements may be labels.

    >>> [_speaks_for_itself(name) for name in ("KCN", "A12", "K", "KCN or so")]
    [True, False, False, False]
    """
    found = read(name, shipped().catalogue)
    return (
        len(key(name)) >= _TELLING
        and not found.unknown
        and any("element" not in one.classes for one in found.substances)
    )


def _choices(name: str, part: ParameterSpec, space: SearchSpace) -> Sequence[str]:
    """Return a parameter's values that are texts."""
    if isinstance(part, CategoricalSpec) and part.choices:
        return part.choices
    found = space.by_name.get(name)
    if found is None or found.kind != "text" or found.count > _LISTED:
        return ()
    return [text for text in levels_of(found) if isinstance(text, str)]


def _amounts(name: str, space: SearchSpace) -> tuple[tuple[float, str], ...] | None:
    """Return the most that a parameter with a unit can be; None of one that has none."""
    found = space.by_name.get(name)
    unit = getattr(found, "unit", "")
    if found is None or not unit or found.kind == "text" or found.bounds is None:
        return None
    return ((float(found.bounds[1]), unit),)
