"""An optimiser in memory: ask and tell, with no ledger on disk and no lab.

It is a campaign by hand whose record is kept in memory: the same spec, the same decisions and the same checks, so that
what an optimiser proposes a campaign with the same spec, seed and results proposes too. It lives outside time: nothing
it decides depends on when.
"""

from __future__ import annotations

import random
import weakref
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zosimos.campaign.control.commands import Commands, create
from zosimos.campaign.control.manual_results import Choices
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.files import from_spec
from zosimos.campaign.ledger.database.engine import MEMORY
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import SpecError
from zosimos.faces.python import spec as words
from zosimos.faces.python.byhand import ByHand
from zosimos.faces.python.results import OutcomeValue, Target

_START = datetime(2000, 1, 1, tzinfo=UTC)
_UNLIMITED = 1_000_000  # experiments: an optimiser has no budget


class Optimizer(ByHand):
    """Says what to try next, and learns from what was found.

    Args:
        space: the parameters by name.
        objectives: what is wanted, one or several.
        constraints: what must hold, as text (``"temperature <= 60 or solvent != 'water'"``, ``"a + b + c == 1"``) or as
            :class:`Simplex`, :class:`Linear` or :class:`Cardinality`.
        seed: of every random choice; the same seed and results give the same suggestions.
        planner: a proposer's name such as ``"bayesian"`` (the default) or ``"sobol"``, or the fields of ``planner`` in
            a campaign file.
        batch: experiments that :meth:`ask` returns unless it is asked for more.
        **more: further fields of a campaign file, such as ``expect``, ``costs`` or ``candidates``.

    Raises:
        SpecError: a field is wrong; says which, its value and what is allowed.

    >>> import zosimos as zo
    >>> opt = zo.Optimizer({"x": zo.Continuous(0, 1)}, zo.maximize("y"), seed=1)
    >>> for c in opt.ask(3):
    ...     _ = opt.tell(c, y=1 - (c["x"] - 0.3) ** 2)
    >>> len(opt.experiments), opt.best.id in ("e0001", "e0002", "e0003")
    (3, True)
    """

    def __init__(
        self,
        space: words.Space,
        objectives: words.Goals,
        *,
        constraints: words.Constraint | Iterable[words.Constraint] = (),
        seed: int = 0,
        planner: str | Mapping[str, Any] | None = None,
        batch: int = 1,
        **more: Any,
    ) -> None:
        for name in ("lab", "approval", "clock", "pace", "parallel"):
            if name in more:
                raise SpecError(
                    f"an optimiser has no {name}", field=name, value=more[name], hint="use zo.Campaign.create"
                )
        said: dict[str, Any] = {
            "name": "optimiser",
            "budget": {"experiments": _UNLIMITED},
            "approval": "suggest",
            "watch": "off",
        }
        said |= {"space": space, "objectives": objectives, "constraints": constraints, "seed": seed, "batch": batch}
        if planner is not None:
            said["planner"] = {"kind": planner} if isinstance(planner, str) else planner
        setup = from_spec(parse_spec(words.as_data({**said, **more})), Path.cwd())
        ledger = Ledger(MEMORY)
        weakref.finalize(self, ledger.close)
        record = create(
            ledger,
            setup,
            author="zosimos",
            now=_START,
            entropy=random.Random(seed),  # noqa: S311 - an id, no secret
        )
        super().__init__(record, setup, Commands(record, "zosimos", _START))

    def tell(
        self,
        candidate: Target,
        outcomes: Mapping[str, OutcomeValue] | None = None,
        /,
        *,
        failed: str = "",
        outside: bool = False,
        **more: OutcomeValue,
    ) -> str:
        """Learn what was found, and return the experiment's id.

        Args:
            candidate: what :meth:`ask` returned, its id, or values of one's own.
            outcomes: by objective a number, (value, standard uncertainty), or (value, u, u_shared), where u_shared is
                that of what all results share and u that of what scatters; or as keywords. Some of them are enough:
                the others may be given later.
            failed: why there is no result, where there is none; ``infeasible`` or ``fault`` as its first word say
                whether the chemistry or an instrument was the cause.
            outside: take values of one's own outside the bounds, levels or constraints too.
            **more: outcomes by keyword.

        Raises:
            DataError: a name is unknown or missing, a value is not a finite number or out of range.
            StateError: the candidate has such a result already.

        >>> import zosimos as zo
        >>> opt = zo.Optimizer({"x": zo.Continuous(0, 1)}, zo.maximize("y"))
        >>> opt.tell({"x": 0.25}, y=(2.0, 0.1)), opt.tell({"x": 0.5}, failed="infeasible: it gelled")
        ('e0001', 'e0002')
        """
        return self._told(candidate, outcomes, more, failed, Choices(outside=outside))

    def __repr__(self) -> str:
        """Return what it looks for, how far it is and the best so far."""
        state = self._state
        goals = ", ".join(f"{part.goal} {name}" for name, part in state.spec.objectives.items())
        found = f"{len(state.observations)} results, best {self.best}"
        return f"<Optimizer {goals} over {', '.join(state.spec.space)}: {found}>"
