"""Command-line options that the planner benchmarks share."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from planning.entrants import ROOT
from zosimos.core.errors import SpecError


def add_shared(parser: argparse.ArgumentParser) -> None:
    """Add where data and finished runs are, and how workers are started."""
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("ZOSIMOS_BENCH_DATA", "data")))
    parser.add_argument("--seeds", type=positive, default=20)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "zosimos" / "bench")
    parser.add_argument("--jobs", type=positive, default=2)
    parser.add_argument("--chunk", type=positive, default=5, help="seeds for one worker process")
    parser.add_argument("--peer-python", type=Path, default=ROOT / ".bench-env" / "bin" / "python")
    parser.add_argument("--table", action="store_true", help="print Markdown tables, too")


def positive(text: str) -> int:
    """Return a whole number of 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {number}")
    return number


def names(given: str, known: tuple[str, ...], option: str) -> list[str]:
    """Return the names in a list with commas between.

    Raises:
        SpecError: one is unknown, or there is none.
    """
    found = [name.strip() for name in given.split(",") if name.strip()]
    for name in found:
        if name not in known:
            raise SpecError(f"unknown name {name!r}", field=option, value=name, allowed=", ".join(known))
    if not found:
        raise SpecError("nothing is named", field=option, allowed=", ".join(known))
    return found
