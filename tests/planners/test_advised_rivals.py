"""Laws stated as advice: they are told apart from the campaign's formulas, within what their authors may spend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from zosimos.core.expression import Formula
from zosimos.core.objective import Objective
from zosimos.core.parameters import Discrete
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.advice import Advice, Explore, Hypothesis
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.hypotheses import Hypotheses
from zosimos.planners.goal.statements import Law, Statement, Trend
from zosimos.planners.history import History
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.proposers.advised_rivals import MOST, AdvisedRivals
from zosimos.planners.protocol import ProposalContext

SPACE = SearchSpace((Discrete("x", tuple(i / 10 for i in range(101))),))
RIVALS = Hypotheses(
    "y",
    {"line": Formula("a + b*x"), "bent": Formula("a + b*x + c*x**2")},
    0.25,
    {"a": (-2.0, 2.0), "b": (0.0, 5.0), "c": (-0.2, 0.2)},
)
GOAL = Goal(SPACE, (Objective("y", "max"),), hypotheses=RIVALS)
WAVE = Law("y", "a + b*x + d*abs(x - 3)", {"a": (-2, 2), "b": (0, 5), "d": (-2, 2)})


def stating(*statements: Statement, author: str = "ann", name: str = "a0001") -> Advice:
    return Advice(name, tuple(Hypothesis(one, 0.6) for one in statements), author)


def seen(n: int, author: str = "") -> list[Observation]:
    rng = np.random.default_rng(0)
    values = [(10.0 * i / max(1, n - 1)) for i in range(n)]
    return [
        Observation(f"e{i}", {"x": round(x, 1)}, {"y": Measurement("y", 1 + x + rng.normal(0, 0.25))}, author=author)
        for i, x in enumerate(values)
    ]


def ask(advice: Sequence[Advice], observations: Sequence[Observation], n: int = 1, **more: object) -> list[Candidate]:
    history = History(advice=tuple(advice), **more)  # type: ignore[arg-type]  # what a test adds
    planner = make_planner(GOAL, Policy({"discriminate": 1.0}, start=0), history, seed=1, sequence_seed=2)
    planner.tell(observations)
    return planner.ask(n)


def test_advice_without_a_law_changes_nothing() -> None:
    plain = ask([], seen(6))
    others = [Advice("a0001", (Explore("more"),), "ann"), stating(Trend("y", "x", "rises"), name="a0002")]
    assert ask(others, seen(6)) == plain
    assert ask([stating(Law("z", "x"))], seen(6)) == plain  # of another quantity
    assert ask([stating(Law("y", "w*x", {"w": (0, 1)}), Law("y", "q + x"))], seen(6)) != plain


def test_a_law_that_is_the_campaigns_own_or_speaks_of_what_is_gone_is_no_rival() -> None:
    same = Law("y", "a + b*x", {"b": (0.0, 5.0), "a": (-2.0, 2.0)})
    context = ProposalContext(GOAL, History(tuple(seen(4)), advice=(stating(same, Law("y", "q + x")),)))
    assert AdvisedRivals.of(RIVALS, context) is None
    told = [stating(Law("y", f"{i} + x"), name=f"a{i:04d}") for i in range(1, 30)]
    found = AdvisedRivals.of(RIVALS, replace(context, history=replace(context.history, advice=tuple(told))))
    assert found is not None
    assert len(found.laws) == MOST


def test_a_law_joins_the_rivals_with_constants_of_its_own_and_the_experiment_is_its_authors() -> None:
    (plain,) = ask([], seen(6))
    (candidate,) = ask([stating(WAVE)], seen(6))
    assert candidate.values != plain.values
    assert (candidate.origin, candidate.author, candidate.advice) == ("discriminate", "ann", "a0001")
    assert "a0001 0." in candidate.reason
    both = RIVALS.beside({"own": Law("y", "a + b*x", {"a": (0.0, 1.0), "b": (0.0, 1.0)})})
    assert both.bounds("own") == {"a": (0.0, 1.0), "b": (0.0, 1.0)}
    assert both.bounds("line") == {"a": (-2.0, 2.0), "b": (0.0, 5.0)}
    weighed = both.weighed(seen(4))
    assert weighed.fits[0].evidence == pytest.approx(RIVALS.weighed(seen(4)).fits[0].evidence)


def test_an_author_who_has_spent_their_experiments_is_heard_no_more() -> None:
    plain = ask([], seen(6))
    assert ask([stating(WAVE)], seen(6, author="ann")) == [replace(plain[0], reason=plain[0].reason)]
    assert ask([stating(WAVE)], seen(6), lost=("ann", "ann", "ann")) == plain


def test_in_a_batch_an_author_gets_no_more_than_alone() -> None:
    batch = ask([stating(WAVE), stating(Law("y", "k*x**0.5", {"k": (0, 9)}), author="bob", name="a0002")], seen(6), n=4)
    assert len({candidate.values["x"] for candidate in batch}) == 4
    assert sum(bool(candidate.author) for candidate in batch) <= 2


def test_a_pending_experiment_of_an_author_counts_as_spent() -> None:
    planner = make_planner(
        GOAL, Policy({"discriminate": 1.0}, start=0), History(advice=(stating(WAVE),)), seed=1, sequence_seed=2
    )
    planner.tell(seen(6))
    (first,) = planner.ask()
    assert first.author == "ann"
    (second,) = planner.ask(pending=[first, replace(first, values={"x": 9.9})])
    assert second.author == ""
