"""Earlier campaigns as trends: what their rows teach of an objective, fitted once and kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from zosimos.core.space import SearchSpace
from zosimos.planners.goal.knowledge import Source
from zosimos.planners.models.choices import Named, kinds_by_name
from zosimos.surrogates.columns import groups_of
from zosimos.surrogates.committee.covariance import Array
from zosimos.surrogates.committee.member import default_kinds
from zosimos.surrogates.committee.outcome import CommitteeOutcome
from zosimos.surrogates.committee.source import SourceBelief
from zosimos.surrogates.committee.view import View

_ENOUGH = 10  # rows to judge a source by
_LEAST_SKILL = 0.15  # share of the variance: hyper-parameters that fit noise explain some of it, too

MOST_ROWS = 1_000
"""Rows of a source that are used; of more an even draw. Fitting takes the cube of their number."""


def trends(
    sources: Sequence[Source], space: SearchSpace, objective: str, *, named: bool = False
) -> tuple[SourceBelief, ...]:
    """Return what each source that measured an objective believes of it.

    The belief is the committee's, by the declared ranges; the same source gives the same belief in every decision. A
    source whose own outcomes cannot be predicted from each other has nothing to teach and is left out.

    Args:
        sources: the earlier campaigns.
        space: of this campaign.
        objective: its name.
        named: whether described choices are seen by name, too (:mod:`~zosimos.planners.models.choices`).
    """
    return tuple(belief for belief in _beliefs(sources, space, objective, named=named) if not _idle(belief))


def omissions(sources: Sequence[Source], space: SearchSpace, objective: str, *, named: bool = False) -> tuple[str, ...]:
    """Return what was left out of the sources, in words; arguments as those of :func:`trends`."""
    dropped = tuple(f"{source.name}: {source.note}" for source in sources if source.note)
    idle = (belief.name for belief in _beliefs(sources, space, objective, named=named) if _idle(belief))
    return (*dropped, *(f"{name}: not used, its outcomes cannot be told from one another's" for name in idle))


def _idle(belief: SourceBelief) -> bool:
    return belief.outcome.rows >= _ENOUGH and belief.skill < _LEAST_SKILL


def _beliefs(sources: Sequence[Source], space: SearchSpace, objective: str, *, named: bool) -> list[SourceBelief]:
    scale = Named.of(space.parameters) if named else Named(groups_of(space.parameters), (), 0)
    found = []
    for source in sources:
        if objective not in source.outcomes:
            continue
        y = np.array(source.outcomes[objective], dtype=float)
        known = np.flatnonzero(np.isfinite(y))
        if len(known) > MOST_ROWS:
            known = np.sort(np.random.default_rng(0).choice(known, MOST_ROWS, replace=False))
        X = space.features([source.rows[i] for i in known])
        tables = tuple(None if table is None else table.tobytes() for table in scale.tables)
        found.append(
            _belief(
                source.name, scale.blocks, tables, scale.choices, np.ascontiguousarray(X).tobytes(), y[known].tobytes()
            )
        )
    return found


@lru_cache(maxsize=16)
def _belief(
    name: str,
    groups: tuple[tuple[int, ...], ...],
    tables: tuple[bytes | None, ...],
    choices: int,
    rows: bytes,
    outcomes: bytes,
) -> SourceBelief:
    """Return a belief by what it rests on alone; as in :class:`Named`, with no ``tables`` where names are not seen."""
    y: Array = np.frombuffer(outcomes)
    X: Array = np.frombuffer(rows).reshape(len(y), -1)
    kinds = default_kinds(View("range", groups))
    if tables:
        pairs = zip(groups, tables, strict=True)
        known = tuple(None if t is None else np.frombuffer(t).reshape(-1, len(group)) for group, t in pairs)
        kinds = kinds_by_name(Named(groups, known, choices))
    return SourceBelief(name, CommitteeOutcome(kinds, X, y, np.full(len(y), np.nan), 0))
