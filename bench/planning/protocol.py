"""The protocol for figures that others make: a table nobody tuned on, and what is needed to check what came out.

Whoever has the table runs one command. Its digests say on which rows and with which code the figures were made, so that
somebody else who has both gets the same numbers: runs are a pure function of table, code, versions and seed. (A peer's
figures depend on its packages, too: their versions are in the figures.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planning.entrants import ROOT, source_digest, version_key
from planning.grid import OURS, TUNED_ON
from planning.suites import SUITES
from planning.tables import Pool


def protocol(pool: Pool) -> dict[str, Any]:
    """Return digests of table and code, and what our settings were tuned on."""
    return {
        "table": {"rows": pool.size, "digest": pool.digest},
        "code": {"planner": version_key(OURS), "benchmark": source_digest((ROOT / "bench" / "planning").glob("*.py"))},
        "tuned_on": dict(TUNED_ON),
        "tables_of_the_suites": sorted(SUITES["all"]),
    }


def in_words(said: Mapping[str, Any], found: Mapping[str, Any], budget: int) -> str:
    """Return the protocol and our figures as text for people."""
    (table,) = found["n_top1"]
    row, errors = found["n_top1"][table], found["n_top1_se"][table]
    lines = [
        f"table      {table}, {said['table']['rows']} distinct rows, digest {said['table']['digest']}",
        f"code       planner {said['code']['planner']}, benchmark {said['code']['benchmark']}",
        f"figures    experiments until a row of the top 1 %, at most {budget}, mean over seeds ± standard error:",
    ]
    for planner, mean in row.items():
        error = f" ± {errors[planner]:.1f}" if errors.get(planner) is not None else ""
        lines.append(f"           {planner} {mean:.1f}{error}, {found['af_top1'][planner]:.2f} times as fast as chance")
    lines.append("tuned on   (this table is held out only if it is not among them)")
    lines += [f"           {what}: {tables}" for what, tables in said["tuned_on"].items()]
    lines.append(f"           the suites: {', '.join(said['tables_of_the_suites'])}")
    return "\n".join(lines)
