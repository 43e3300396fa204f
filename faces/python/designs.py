"""A design of experiments without a campaign."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from zosimos.campaign.definition.build import build_space
from zosimos.campaign.definition.designs import DesignSpec
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.setup import sequence_of
from zosimos.core.errors import SpecError
from zosimos.core.revision import REVISION
from zosimos.faces.python.spec import Constraint, Space, as_data
from zosimos.planners.designs.design import Design, make_design
from zosimos.planners.designs.request import MOST_ROWS


def design(
    space: Space,
    kind: str,
    *,
    constraints: Constraint | Iterable[Constraint] = (),
    seed: int = 0,
    **settings: Any,
) -> Design:
    """Return a design of experiments: its ``rows`` in the order in which they are to be run, and ``notes`` on it.

    Each row has ``values``, and says which ``run`` it is, its ``block``, its ``point`` (a corner, the centre) and its
    number in the ``standard`` order. A circumscribed central composite design goes beyond the ranges, which are its
    cube.

    >>> import zosimos as zo
    >>> found = zo.design({"T": zo.Continuous(20, 80), "t": zo.Continuous(5, 15)}, "full-factorial", centre=1, seed=1)
    >>> len(found.rows), found.rows[0].point, sorted(row.values["T"] for row in found.rows)
    (5, 'corner point', [20.0, 20.0, 50.0, 80.0, 80.0])

    Args:
        space: the parameters by name.
        kind: ``box-behnken``, ``d-optimal`` or another name that :doc:`designs` lists.
        constraints: what must hold.
        seed: of the order of the runs and of searches.
        **settings: of the design, as under ``planner.start`` in a campaign file: ``centre``, ``blocks``, ``runs``, ...

    Raises:
        SpecError: the space and the design do not go together.
    """
    start = {**settings, "design": kind}
    given = {"space": space, "constraints": constraints, "planner": {"start": start}, "seed": seed}
    return design_of(as_data({"name": "design", "objectives": {"result": {"goal": "max"}}, **given}))


def write_design(made: Design, path: str | Path, outcomes: Sequence[str] = ("result",)) -> Path:
    """Write a design as a table to fill in, in the order in which it is to be run, and return where.

    Args:
        made: what :func:`design` returned.
        path: a file that is not there yet, ending in ``.csv`` or ``.xlsx``.
        outcomes: what is measured: the columns for results.

    Raises:
        DataError: the file is there, and may hold results; or it cannot be written.

    >>> import tempfile, zosimos as zo
    >>> found = zo.design({"T": zo.Continuous(20, 80), "t": zo.Continuous(5, 15)}, "full-factorial", seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     zo.write_design(found, f"{folder}/design.csv", ["yield_"]).read_text().splitlines()[0]
    'experiment,T,t,yield_,failed,design run,design point'
    """
    from zosimos.campaign.tables.designs import write_design as write

    write(made, list(made.rows[0].values), outcomes, Path(path))
    return Path(path)


def design_of(data: Mapping[str, Any]) -> Design:
    """Return the design that a campaign's data begin with, in ranges that it may leave where that is meant.

    Raises:
        SpecError: something in it is wrong, or it begins with no design.
    """
    spec = parse_spec({**data, "budget": {"experiments": MOST_ROWS}})
    start = spec.planner.start
    if not isinstance(start, DesignSpec):
        raise SpecError("no design is asked for", field="design", value=start, hint="name one, such as box-behnken")
    space = build_space(spec.model_copy(update={"revision": REVISION}), None)
    return make_design(space, start.request, sequence_of(spec.seed), beyond=True)
