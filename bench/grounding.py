"""How well replies are held against a record: false statements that are marked, and true replies that are left alone.

    python bench/grounding.py
    python bench/grounding.py --half developed --replies 300 --misses

Replies are composed of differently worded statements (``bench/replies``) that are true of a campaign on the simulated
colour lab or of one by hand; each false one has one thing changed: a number, whose it is, an experiment that does not
exist or is another, a superlative, or the claim of a deed. The half named ``held`` was written before the judge. A
false statement counts as marked if a mark stands in it; a true reply counts as left alone only if no mark stands
anywhere in it.

Figures, by half: ``marked`` (share of false statements), by ``how`` they were made false, and ``left_alone`` (share of
true replies), with the counts.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common import report
from replies import developed, fresh, held, later, once, unseen
from replies.composing import HOWS, Composer, Made, false_reply, true_reply
from replies.scenes import Scene, scenes

from zosimos.agent.grounding.facts import Facts
from zosimos.agent.grounding.grounded import Grounded, grounded

HALVES = {
    "held": held,
    "developed": developed,
    "fresh": fresh,
    "later": later,
    "unseen": unseen,
    "once": once,
}
REPLIES = 300


def facts_for(scene: Scene, made: Made, composer: Composer | None = None) -> Facts:
    """Return what there is to know where a reply is given: the record, and the proposal that it speaks of."""
    if not made.filed or composer is None:
        return Facts(scene.state)
    name, value = composer.new_bound()
    change = {"path": f"space.{name}.max", "old": scene.state.spec.space[name].max, "new": value}
    result = {"token": "k7m2p9xq-3f2a9c41", "verb": "steer", "status": "open", "changes": [change]}
    arguments = {"parameter": name, "max": value}
    return Facts(scene.state, [{"tool": "propose_bounds", "arguments": arguments, "result": result}])


def judged(half: str, found: Sequence[Scene], replies: int, seed: int = 0) -> tuple[dict[str, Any], list[str]]:
    """Return the figures of a half, and the replies that were judged wrongly."""
    draw = random.Random(seed)
    left, misses = 0, []
    asked: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    for number in range(replies):
        scene = found[number % len(found)]
        made, composer = true_reply(scene, draw, HALVES[half])
        seen = grounded(made.text, facts_for(scene, made, composer))
        left += seen.text.count("(unverified") == 0 and not seen.marked
        if seen.marked:
            misses.append(f"TRUE, BUT MARKED\n{seen.text}")
        how = HOWS[number % len(HOWS)]
        made = false_reply(scene, draw, how, HALVES[half])
        asked[how] += 1
        if _marks_in(grounded(made.text, facts_for(scene, made)), made):
            caught[how] += 1
        else:
            misses.append(f"FALSE ({how}), NOT MARKED\n{made.text[made.start : made.end]}\n  <- {made.template}")
    figures = {
        "marked": round(caught.total() / asked.total(), 4),
        "how": {how: f"{caught[how]} of {asked[how]}" for how in HOWS},
        "left_alone": round(left / replies, 4),
        "replies": replies,
    }
    return figures, misses


def _marks_in(seen: Grounded, made: Made) -> bool:
    return any(made.start <= claim.start < made.end for claim in seen.marked)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=[*HALVES, "both"], default="both")
    parser.add_argument("--replies", type=int, default=REPLIES, help="true ones, and as many false ones, of each half")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--misses", action="store_true", help="print what was judged wrongly")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = scenes(Path(folder))
        figures = {}
        for half in HALVES if given.half == "both" else [given.half]:
            figures[half], misses = judged(half, found, given.replies, given.seed)
            if given.misses:
                print("\n\n".join(misses))
    report("grounding", {"replies": given.replies, "seed": given.seed}, figures)


if __name__ == "__main__":
    main()
