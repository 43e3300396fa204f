"""Choices that are molecules, compositions or crystals: their descriptors are worked out, and reduced where many."""

from __future__ import annotations

from collections.abc import Sequence

from zosimos.campaign.definition.model import CategoricalSpec
from zosimos.core.columns import Texts
from zosimos.core.errors import SpecError
from zosimos.core.parameters import Categorical, Values
from zosimos.core.pool import Pool
from zosimos.surrogates.featurizers.features import MOST, Features


def described_choices(name: str, part: CategoricalSpec, pool: Sequence[Values] | None) -> Categorical:
    """Return the categorical parameter that a spec describes.

    Where the spec says that a pool's cells are molecules or compositions, the choices are what the pool holds.

    Raises:
        SpecError: a text is no molecule, formula or crystal, a package is missing, or there are no choices.
    """
    choices = tuple(part.choices) or _in_pool(name, pool)
    field = f"space.{name}.{_source(part)}"
    found = _features(part, choices, field)
    if found is None:
        return Categorical(name, choices, dict(part.descriptors), role=part.role)
    if not found.names:
        raise SpecError(
            f"the {_source(part)} of {name!r} do not differ",
            field=field,
            value=", ".join(choices[:3]),
            allowed="two or more that differ",
        )
    many = len(found.names) > MOST
    reduced = found.reduced().told_apart()
    table = {
        choice: dict(zip(reduced.names, row, strict=True))
        for choice, row in zip(choices, reduced.matrix.tolist(), strict=True)
    }
    return Categorical(name, choices, table, role=part.role, in_proportion=many)


def _source(part: CategoricalSpec) -> str:
    """Return the field that says what the choices are."""
    if part.type != "categorical":
        return "choices"
    return next((source for source in ("molecules", "compositions", "crystals") if getattr(part, source)), "choices")


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
