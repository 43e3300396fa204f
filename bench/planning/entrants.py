"""The planners that are compared: ours as a campaign asks it, the peers through our adapters, the baselines."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import planning.baselines
from planning.baselines import BASELINES
from planning.grid import ENTRANTS, OURS
from planning.ours import Ours
from planning.tables import Pool
from zosimos.planners.goal.goal import Goal
from zosimos.planners.protocol import Planner

ROOT = Path(__file__).resolve().parent.parent.parent
CHANCE = "random"  # computed, not run
PEERS = {  # adapter class and distribution
    "ax": ("AxPlanner", "ax-platform"),
    "baybe": ("BayBEPlanner", "baybe"),
    "bofire": ("BoFirePlanner", "bofire"),
    "optuna": ("OptunaPlanner", "optuna"),
}
NAMES = (OURS, *PEERS, *BASELINES, CHANCE)


def make(name: str, pool: Pool, seed: int, start: int) -> Planner:
    """Return a planner that knows nothing yet."""
    if name in ENTRANTS:
        return Ours(Goal(pool.space, (pool.objective,)), ENTRANTS[name].made(start), seed=seed)
    if name in BASELINES:
        return BASELINES[name](pool.space, pool.objective, seed)
    factory = getattr(import_module(f"zosimos.planners.adapters.{name}"), PEERS[name][0])
    made: Planner = factory(pool.space, [pool.objective], seed=seed)
    return made


def version_key(name: str) -> str:
    """Return what a planner's runs depend on: a peer's version, a baseline's source, our planning rooms' source.

    The adapters are left out of ours: it does not use them. A setting of ours other than the default adds what it says.

    Raises:
        PackageNotFoundError: the peer is not installed under this interpreter.
    """
    if name in PEERS:
        return version(PEERS[name][1])
    if name in BASELINES:
        return source_digest([Path(planning.baselines.__file__)])
    rooms = (path for room in ("core", "surrogates", "planners") for path in (ROOT / room).rglob("*.py"))
    digest = source_digest(path for path in rooms if path.parent.name != "adapters")
    return f"{digest} {key}" if (key := ENTRANTS[name].key) else digest


def source_digest(paths: Iterable[Path]) -> str:
    """Return a digest of files, their names included."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(f"{path.name}\n".encode() + path.read_bytes())
    return whole.hexdigest()[:16]


if __name__ == "__main__":  # version keys under this interpreter, one a line
    for given in sys.argv[1:]:
        print(version_key(given))
