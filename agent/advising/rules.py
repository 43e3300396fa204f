"""Rules that advise without a model: explore where nothing gets better, measure again what is in doubt.

They have the same seat as a model and are trusted no more than what came of their advice. They predict no outcomes, so
what they may spend stays that of an author without a record.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from zosimos.planners.advice import Answer, Explore, Item, Replicate, Wish

_FAR = 2.5758  # standard deviations: 99 % of a normal distribution lies within


class Rules:
    """An :class:`~zosimos.planners.advice.Advisor` that follows four rules, by the moment at which it is asked.

    A plateau: explore more; and where several proposers have fixed shares, ask that these follow what each brings. A
    result far from its prediction: measure it again. A drift, or a scatter that has changed: measure the best again.
    At other moments it has nothing to say.

    >>> import asyncio
    >>> [item.as_json() for item in asyncio.run(Rules().advise({"moment": "plateau"}))]
    [{'kind': 'explore', 'amount': 'more'}]
    """

    async def advise(self, view: Mapping[str, Any]) -> Sequence[Item]:
        """Return what the rules say of this moment."""
        match view["moment"]:
            case "plateau":
                words = "nothing got better than the best by more than its noise"
                return Answer([Explore("more")], words, wishes=_shared_out(view))
            case "surprise" if far := _far_off(view["results"]):
                return Answer([Replicate(far)], "its result lies outside the 99 % interval of its prediction")
            case "drift" if view["best"]:
                return Answer([Replicate(view["best"][0])], "results drift, or scatter otherwise than before")
        return Answer()


def _shared_out(view: Mapping[str, Any]) -> Sequence[Wish]:
    planner = view.get("planner", {})
    if len(planner.get("shares", ())) < 2 or planner.get("portfolio") == "earned":
        return ()
    return (Wish({"planner.portfolio": "earned"}, "shares would follow what each proposer brings"),)


def _far_off(results: Sequence[Mapping[str, Any]]) -> str:
    """Return the last result that is far from its prediction; empty: none is."""
    for seen in reversed(results):
        for name, (mean, spread) in seen.get("predicted", {}).items():
            found = seen["outcomes"].get(name)
            if found and abs(found["value"] - mean) > _FAR * math.hypot(spread, found.get("uncertainty", 0.0)):
                return str(seen["experiment"])
    return ""
