"""The planners that are compared: ours as a campaign asks it, the peers through our adapters, the baselines."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import planning.baselines
from planning.baselines import BASELINES
from planning.tables import Pool
from zosimos.core.records import Candidate, Observation
from zosimos.core.seeds import derive_seed
from zosimos.planners.planner import make_planner
from zosimos.planners.protocol import Planner
from zosimos.planners.registry import load_proposer
from zosimos.planners.settings import PlannerSettings

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = "zosimos"
CHANCE = "random"  # computed, not run
PEERS = {  # adapter class and distribution
    "ax": ("AxPlanner", "ax-platform"),
    "baybe": ("BayBEPlanner", "baybe"),
    "bofire": ("BoFirePlanner", "bofire"),
    "optuna": ("OptunaPlanner", "optuna"),
}
NAMES = (OURS, *PEERS, *BASELINES, CHANCE)


class Ours:
    """Our planner, made anew for each decision and told everything, as a campaign does."""

    def __init__(self, pool: Pool, seed: int, start: int) -> None:
        self._pool = pool
        self._seed = seed
        self._settings = PlannerSettings({"bayesian": 1.0}, start=start)
        self._seen: list[Observation] = []
        load_proposer("bayesian")  # imports are not counted

    def tell(self, observations: Sequence[Observation]) -> None:
        """Add observations."""
        self._seen += observations

    def ask(self, n: int = 1, pending: Sequence[Candidate] = ()) -> list[Candidate]:
        """Return the next candidates."""
        planner = make_planner(
            self._pool.space,
            [self._pool.objective],
            self._settings,
            seed=derive_seed(self._seed, "decision", len(self._seen) + 1),
            sequence_seed=self._seed,
        )
        planner.tell(self._seen)
        return planner.ask(n, pending)


def make(name: str, pool: Pool, seed: int, start: int) -> Planner:
    """Return a planner that knows nothing yet."""
    if name == OURS:
        return Ours(pool, seed, start)
    if name in BASELINES:
        return BASELINES[name](pool.space, pool.objective, seed)
    factory = getattr(import_module(f"zosimos.planners.adapters.{name}"), PEERS[name][0])
    made: Planner = factory(pool.space, [pool.objective], seed=seed)
    return made


def version_key(name: str) -> str:
    """Return what a planner's runs depend on: a peer's version, a baseline's source, our planning rooms' source.

    The adapters are left out of ours: it does not use them.

    Raises:
        PackageNotFoundError: the peer is not installed under this interpreter.
    """
    if name in PEERS:
        return version(PEERS[name][1])
    if name in BASELINES:
        return _source_digest([Path(planning.baselines.__file__)])
    rooms = (path for room in ("core", "surrogates", "planners") for path in (ROOT / room).rglob("*.py"))
    return _source_digest(path for path in rooms if path.parent.name != "adapters")


def _source_digest(paths: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(f"{path.name}\n".encode() + path.read_bytes())
    return whole.hexdigest()[:16]


if __name__ == "__main__":  # version keys under this interpreter, one a line
    for given in sys.argv[1:]:
        print(version_key(given))
