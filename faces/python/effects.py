"""The classical analysis of results, from Python: of a campaign on record, or of rows and outcomes alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zosimos.campaign.definition.build import build_space
from zosimos.campaign.definition.read import parse_spec
from zosimos.core.errors import DataError
from zosimos.faces.python.spec import Constraint, Space, as_data
from zosimos.surrogates.linear.analysis import analyse
from zosimos.surrogates.linear.terms import factors_of

if TYPE_CHECKING:
    from zosimos.surrogates.linear.results import Analysis


def effects(
    space: Space,
    rows: Sequence[Mapping[str, Any]],
    outcomes: Sequence[float],
    *,
    constraints: Constraint | Iterable[Constraint] = (),
    model: str | None = None,
    blocks: Sequence[int] | None = None,
    level: float = 0.95,
) -> Analysis:
    """Return the classical analysis of outcomes: effects with errors, analysis of variance, curvature, lack of fit.

    >>> import zosimos as zo
    >>> space = {"T": zo.Continuous(20, 80), "t": zo.Continuous(5, 15)}
    >>> rows = [{"T": T, "t": t} for T in (20, 80) for t in (5, 15)]
    >>> found = zo.effects(space, rows, [10.0, 14.0, 30.0, 34.5], model="linear")
    >>> [(one.label, round(one.effect, 6)) for one in found.by_size]
    [('T', 20.25), ('t', 4.25)]

    Args:
        space: the parameters by name; their ranges are the low and the high of effects.
        rows: the values at which the experiments were run.
        outcomes: what each gave.
        constraints: such as the sum of a mixture.
        model: ``linear``, ``interactions``, ``quadratic``, ``special-cubic`` (mixtures) or ``factorial``; None: the
            largest that the results determine with some to spare.
        blocks: the block of each experiment.
        level: of the confidence intervals.

    Raises:
        DataError: rows and outcomes do not fit together, or a row lacks a parameter.
        StateError: there are too few results.
        SpecError: there is no such model.
    """
    given = {"space": space, "constraints": constraints, "objectives": {"result": {"goal": "max"}}}
    spec = parse_spec(as_data({"name": "effects", "budget": {"experiments": 1}, **given}))
    built = build_space(spec, None)
    y = np.asarray(outcomes, dtype=float)
    if len(y) != len(rows) or not np.isfinite(y).all() or (blocks is not None and len(blocks) != len(rows)):
        raise DataError(
            "each row needs one outcome, a finite number, and one block if there are blocks",
            field="outcomes",
            value=f"{len(rows)} rows, {len(y)} outcomes",
        )
    factors = factors_of(built)
    for row in rows:
        for factor in factors:
            if factor.name not in row or (factor.choices and str(row[factor.name]) not in factor.choices):
                raise DataError(
                    f"a row has no {factor.name} that is known here",
                    field=factor.name,
                    value=row.get(factor.name),
                    allowed=built.by_name[factor.name].allowed,
                )
    shared = None if blocks is None else np.asarray(blocks, dtype=np.int64)
    columns = built.columns([{**row, **built.current} for row in rows])
    return analyse(factors, columns, y, model=model, blocks=shared, level=level)
