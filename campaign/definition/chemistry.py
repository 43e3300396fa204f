"""Choices that are molecules, compositions or crystals: their descriptors are worked out, and reduced where many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from zosimos.campaign.definition.model import CampaignSpec, CategoricalSpec
from zosimos.core.columns import Texts
from zosimos.core.errors import SpecError
from zosimos.core.parameters import Categorical, Values
from zosimos.core.pool import Pool
from zosimos.core.revision import FOURTH
from zosimos.surrogates.featurizers.features import MOST, Features
from zosimos.surrogates.featurizers.reagents import Resolved, resolved

_DIGITS = 4  # of what descriptions come to


def described_choices(
    name: str,
    part: CategoricalSpec,
    pool: Sequence[Values] | None,
    *,
    look_up: bool = False,
    elsewhere: Sequence[str] = (),
) -> Categorical:
    """Return the categorical parameter that a spec describes.

    Where the spec says that a pool's cells are molecules or compositions, the choices are what the pool holds.

    Args:
        name: the parameter's name.
        part: what the spec says of it.
        pool: the candidates, if there is a table of them.
        look_up: where the spec says nothing of how alike choices are, find out from what they are called.
        elsewhere: texts that are no choices, and that other campaigns' results have: they are looked up, too.

    Raises:
        SpecError: a text is no molecule, formula or crystal, a package is missing, or there are no choices.
    """
    choices = tuple(part.choices) or _in_pool(name, pool)
    field = f"space.{name}.{_source(part)}"
    found = _features(part, choices, field)
    if found is None:
        known = looked_up(part) if look_up else None
        if known is not None and known.unread:
            raise SpecError(
                f"the campaign compares the choices of {name} by descriptors, and the package 'rdkit' is not installed",
                field=f"space.{name}.by_name",
                allowed="a computer with rdkit, as where the campaign began",
                hint="pip install 'zosimos[chem]'; a new campaign may say by_name: true",
            )
        if known is not None and known.features is not None:
            others = _like(choices, elsewhere)
            features = resolved((*choices, *others)).features if others else known.features
            assert features is not None, "choices that are known stay so beside others that are"
            rows = _rows((*choices, *others), features)
            own, more = ({text: rows[text] for text in texts} for texts in (choices, others))
            return Categorical(name, choices, own, role=part.role, in_proportion=True, others=more)
        # What descriptions came to when the campaign began stands beside them, as scores of principal components.
        said = bool(part.descriptions)
        return Categorical(name, choices, dict(part.descriptors), role=part.role, in_proportion=said, embedded=said)
    if not found.names:
        raise SpecError(
            f"the {_source(part)} of {name!r} do not differ",
            field=field,
            value=", ".join(choices[:3]),
            allowed="two or more that differ",
        )
    if _is_described(part):
        return Categorical(name, choices, _rows(choices, found), role=part.role, in_proportion=True, embedded=True)
    many = len(found.names) > MOST
    table = _rows(choices, found.reduced().told_apart())
    return Categorical(name, choices, table, role=part.role, in_proportion=many)


def is_looked_up(spec: CampaignSpec, name: str) -> bool:
    """Say whether a campaign looks up what the choices of a parameter are: a new one, but no levels of fidelity."""
    return spec.since(FOURTH) and (spec.fidelity is None or spec.fidelity.parameter != name)


def settled_choices(spec: CampaignSpec) -> CampaignSpec:
    """Return the spec of a campaign that begins: choices that cannot be looked up on this computer go by name.

    That is written down, as are the numbers that descriptions come to, so that the campaign decides alike wherever it
    goes on.
    """
    found = {name: looked_up(part) for name, part in spec.space.items() if is_looked_up(spec, name)}
    unread = [name for name, known in found.items() if known is not None and known.unread]
    settled = {name: spec.space[name].model_copy(update={"by_name": True}) for name in unread}
    settled |= {name: _numbered(name, part) for name, part in spec.space.items() if _is_described(part)}
    return spec.model_copy(update={"space": {**spec.space, **settled}}) if settled else spec


def _is_described(part: object) -> TypeGuard[CategoricalSpec]:
    return isinstance(part, CategoricalSpec) and bool(part.descriptions) and not part.descriptors


def _numbered(name: str, part: CategoricalSpec) -> CategoricalSpec:
    """Return a part with the numbers that its descriptions come to: another computer may embed them otherwise."""
    made = described_choices(name, part, None)
    table = {
        choice: {key: round(value, _DIGITS) for key, value in row.items()} for choice, row in made.descriptors.items()
    }
    return part.model_copy(update={"descriptors": table})


def looked_up(part: object) -> Resolved | None:
    """Return what a parameter's choices are by what they are called; None where nothing is looked up.

    That is so of other parameters, where the spec describes the choices itself, and where they are to go by name.
    """
    if not isinstance(part, CategoricalSpec) or part.by_name or _source(part) != "choices" or part.descriptors:
        return None
    return resolved(tuple(part.choices)) if part.type == "categorical" and len(part.choices) > 1 else None


def _like(choices: tuple[str, ...], elsewhere: Sequence[str]) -> tuple[str, ...]:
    """Return the texts from elsewhere that are no choices, and known as these are."""
    more = sorted(set(elsewhere).difference(choices))
    return tuple(text for text in more if text in resolved((*choices, text)).taken)


def _rows(choices: Sequence[str], features: Features) -> dict[str, dict[str, float]]:
    rows = zip(choices, features.matrix.tolist(), strict=True)
    return {choice: dict(zip(features.names, row, strict=True)) for choice, row in rows}


def _source(part: CategoricalSpec) -> str:
    """Return the field that says what the choices are."""
    if part.type != "categorical":
        return "choices"
    sources = ("descriptions", "molecules", "compositions", "crystals")
    return next((source for source in sources if getattr(part, source)), "choices")


def _features(part: CategoricalSpec, choices: Sequence[str], field: str) -> Features | None:
    """Return the features of the choices; None where the spec has none or gives them itself."""
    if len(choices) < 2:  # the parameter will say so
        return None
    if part.molecules or part.type == "molecule":
        from zosimos.surrogates.featurizers.molecules import molecule_features

        smiles = [part.molecules.get(choice, choice) for choice in choices]
        return molecule_features(smiles, fingerprint=part.fingerprint, field=field)
    if part.compositions or part.type == "composition":
        from zosimos.surrogates.featurizers.compositions import composition_features

        return composition_features([part.compositions.get(choice, choice) for choice in choices], field=field)
    if _is_described(part):
        from zosimos.surrogates.featurizers.texts import text_features

        return text_features([part.descriptions[choice] for choice in choices], field=field)
    if part.crystals:
        from zosimos.surrogates.featurizers.crystals import crystal_features

        return crystal_features([part.crystals[choice] for choice in choices], field=field)
    return None


def _in_pool(name: str, pool: Sequence[Values] | None) -> tuple[str, ...]:
    """Return the different texts of a pool's column."""
    if isinstance(pool, Pool):
        column = pool.columns.get(name)
        return column.choices if isinstance(column, Texts) else ()
    if pool is None:
        raise SpecError(
            f"parameter {name!r} has no choices",
            field=f"space.{name}.choices",
            allowed="a list of two or more texts",
            hint="add choices:, or candidates: with a table that has the column",
        )
    return tuple(dict.fromkeys(str(row[name]) for row in pool))
