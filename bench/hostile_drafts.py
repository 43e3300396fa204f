"""What a record lets in: drafts of events changed at random, put to records in random states.

None may be stored that does not fold, none may leave half of itself behind, and whatever is refused must be refused
in words. The generator is that of the tests (``tests/hostile_records.py``).
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import asdict
from pathlib import Path

from common import report

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drafts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    from hostile_records import put

    began = time.perf_counter()
    figures = asdict(put(given.drafts, given.seed))
    for example in figures.pop("examples"):
        print(example, file=sys.stderr)
    figures["seconds"] = round(time.perf_counter() - began, 1)
    report("hostile_drafts", {"drafts": given.drafts, "seed": given.seed}, figures)
    return int(any(figures[name] for name in ("unfolded", "unequal", "unshown", "crashed")))


if __name__ == "__main__":
    sys.exit(main())
