"""What long campaigns cost: CPU and peak memory of the commands and of the loop, by the number of events.

Ledgers are made in bulk (``bench/scaling/generator.py``) and kept in ``--cache``, so that a second run goes on at once.
Each figure is that of a process of its own, its start included; ``start`` is the start alone. ``first`` is the first
look at a ledger that nobody looked at before, when a snapshot is made; all other commands come after it. What takes
longer than its limit, or than what is left of ``--minutes``, is left out and named in ``left_out``. ``wide`` are the
commands on campaigns of a few experiments with many parameters, by the number of parameters.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from common import report
from scaling.generator import make_ledger
from scaling.measure import Cell, measured

ROOT = Path(__file__).resolve().parent
SIZES = (1_000, 10_000, 100_000, 1_000_000)
FLAT = ("status", "list", "head", "ask", "tell")
FLAT_MB = (*FLAT, "export", "export_json")
LINEAR = ("verify", "replay")
CLI = (sys.executable, "-m", "zosimos.faces.cli")
_REST = "name: wide\nobjectives: {y: {goal: max}}\nplanner: {kind: random}\nbudget: {experiments: 9}\n"
_RESULT = "x,temperature,solvent,y\n0.123456,45.5,water,0.9\n"
_CAMPAIGNS = 200
_WIDTHS = (1_000, 3_000, 10_000)  # parameters
_KINDS = (
    "{min: 0, max: 2}",
    "{min: 0, max: 10, step: 0.5}",
    "{type: integer, min: 1, max: 12}",
    "{levels: [1, 2, 4]}",
    "{choices: [a, b, c]}",
)
_LATE = 3_500  # experiments of the campaign that is run from its beginning

Cells = dict[str, dict[str, Cell]]


class Bench:
    """Runs what is asked for and keeps the figures.

    Args:
        cache: where ledgers are kept.
        scratch: for what is written on the way.
        seed: of the ledgers.
        limit_s: real seconds to a figure at most.
        ends: the monotonic time at which no further figure is begun.
        once: whether each command is measured once, and not a few times.
    """

    def __init__(
        self, cache: Path, scratch: Path, seed: int, limit_s: float, ends: float, *, once: bool = False
    ) -> None:
        self.cells: Cells = {}
        self._cache, self._scratch = cache, scratch
        self._seed, self._limit_s, self._ends = seed, limit_s, ends
        self._once = once

    def ledger(self, campaigns: int, events: int) -> tuple[Path, list[str]]:
        """Return a ledger of the cache, made if it is not there, and its campaigns."""
        began = time.monotonic()
        path = self._cache / f"{campaigns}x{events}.db"
        ids = make_ledger(path, campaigns, events, self._seed)
        print(f"ledger {path.name}: {time.monotonic() - began:.1f} s", flush=True)
        return path, ids

    def copied(self, path: Path) -> Path:
        """Return a copy of a ledger that nobody looked at, to be changed at will; the one before is gone."""
        folder = self._scratch / "copy"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return Path(shutil.copy(path, folder / "ledger.db"))

    def take(self, name: str, size: str, arguments: Sequence[str], *, once: bool = False) -> Cell:
        """Measure a command and keep what it took."""
        left = min(self._limit_s, self._ends - time.monotonic())
        cell = measured(arguments, left, once=once or self._once)
        self.cells.setdefault(name, {})[size] = cell
        found = cell.left_out or f"{cell.cpu_s:8.2f} s  {cell.mb:7.0f} MB"
        print(f"{name:12} {size:>9}  {found}", flush=True)
        return cell

    def commands(self, path: Path, campaign: str, size: int, *, with_reports: bool) -> None:
        """Measure the commands on a campaign of a size."""
        copy = self.copied(path)

        def cli(name: str, *arguments: str, once: bool = False) -> None:
            self.take(name, str(size), [*CLI, *arguments, "--ledger", str(copy)], once=once)

        cli("first", "status", campaign, "--json", once=True)
        cli("status", "status", campaign, "--json")
        cli("list", "list", "--json")
        cli("head", "head", campaign, "--json")
        cli("verify", "verify", campaign, "--json")
        cli("replay", "replay", campaign, "--json", once=True)
        if with_reports:
            out = self._scratch / "out"
            cli("report", "report", campaign, "-o", f"{out}.html", "--json")
            cli("export", "export", campaign, "-o", f"{out}.csv", "--json")
            cli("export_json", "export", campaign, "--format", "json", "-o", f"{out}.json", "--json")
            crate = Path(f"{out}.zip")
            crate.unlink(missing_ok=True)
            cli("export_crate", "export", campaign, "--format", "ro-crate", "-o", str(crate), "--json", once=True)
        results = self._scratch / "results.csv"
        results.write_text(_RESULT)
        cli("tell", "tell", campaign, str(results), "--json")
        cli("ask", "ask", campaign, "-n", "1", "--json")

    def wide(self, width: int) -> None:
        """Measure the commands on a new campaign by hand with many parameters, of all kinds in turn."""
        folder = self._scratch / f"wide{width}"
        folder.mkdir()
        file, out, ledger = folder / "wide.yaml", folder / "out.csv", folder / "wide.db"
        space = "\n".join(f"  p{i}: {_KINDS[i % len(_KINDS)]}" for i in range(width))
        file.write_text(f"space:\n{space}\n{_REST}")

        def cli(name: str, *arguments: str, once: bool = False) -> None:
            self.take(f"wide_{name}", str(width), [*CLI, *arguments, "--json", "--ledger", str(ledger)], once=once)

        cli("validate", "validate", str(file))
        cli("ask", "ask", str(file), "-n", "4", "-o", str(out), once=True)
        _fill_in(out)
        cli("tell", "tell", "last", str(out), once=True)
        cli("ask_again", "ask", "last", "-n", "1", once=True)
        cli("status", "status", "last")
        cli("verify", "verify", "last")
        cli("replay", "replay", "last")
        cli("report", "report", "last", "-o", str(folder / "out.html"))

    def loop(self, name: str, size: str, *arguments: str) -> Mapping[str, float]:
        """Measure the loop in a process of its own, and return what it says of its experiments."""
        cell = self.take(name, size, [sys.executable, str(ROOT / "scaling" / "looped.py"), *arguments], once=True)
        return {} if cell.left_out else dict(json.loads(cell.text.splitlines()[-1]))


def _fill_in(table: Path) -> None:
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "y": number} for number, row in enumerate(rows))


def exponent(cells: Mapping[str, Cell]) -> float | None:
    """Return how a command's time grows up to its two largest sizes: 1 is linear, 2 quadratic.

    What it takes at its smallest size, mostly the start of its process, is subtracted.
    """
    known = sorted((int(size), cell.cpu_s) for size, cell in cells.items() if not cell.left_out)
    if len(known) < 3:
        return None
    (least, start), (few, less), (many, more) = known[0], *known[-2:]
    if min(less, more) <= start:
        return None
    return round(math.log((more - start) / (less - start)) / math.log((many - least) / (few - least)), 3)


def ratio(cells: Mapping[str, Cell], of: Callable[[Cell], float]) -> float | None:
    """Return what a command takes at its largest size over what it takes at its smallest."""
    known = sorted((int(size), of(cell)) for size, cell in cells.items() if not cell.left_out)
    return round(known[-1][1] / known[0][1], 3) if len(known) > 1 else None


def figures(bench: Bench, loops: Mapping[str, Mapping[str, float]], early_late: Mapping[str, float]) -> dict[str, Any]:
    """Return all figures by command and size, and what follows from them."""
    cells = bench.cells
    kept = {
        name: {size: cell.as_json() for size, cell in row.items() if not cell.left_out} for name, row in cells.items()
    }
    late = early_late.get("late_ms", math.nan) / early_late.get("early_ms", math.nan)
    return {
        "cells": kept,
        "flat": {name: ratio(cells.get(name, {}), lambda cell: cell.cpu_s) for name in FLAT},
        "flat_mb": {name: ratio(cells.get(name, {}), lambda cell: cell.mb) for name in FLAT_MB},
        "linear": {name: exponent(cells.get(name, {})) for name in LINEAR},
        "wide": {name: exponent(row) for name, row in cells.items() if name.startswith("wide_")},
        "loop_ms": {size: round(found["late_ms"], 3) for size, found in loops.items() if found},
        "loop_early_ms": round(early_late["early_ms"], 3) if early_late else None,
        "loop_late_ms": round(early_late["late_ms"], 3) if early_late else None,
        "loop_late_over_early": round(late, 3) if math.isfinite(late) else None,
        "left_out": [
            {"command": name, "size": size, "why": cell.left_out}
            for name, row in cells.items()
            for size, cell in row.items()
            if cell.left_out
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="events, separated by commas")
    parser.add_argument("--cache", type=Path, help="folder for the ledgers (default: one that goes afterwards)")
    parser.add_argument("--campaigns", type=int, default=_CAMPAIGNS, help="campaigns of the ledger of many")
    parser.add_argument("--largest-report", type=int, default=100_000, help="events up to which reports are written")
    parser.add_argument("--late", type=int, default=_LATE, help="experiments of the campaign run from its beginning")
    parser.add_argument("--widths", default=",".join(map(str, _WIDTHS)), help="parameters, separated by commas")
    parser.add_argument("--limit-s", type=float, default=900.0, help="real seconds to a figure at most")
    parser.add_argument("--minutes", type=float, default=55.0, help="after which no further figure is begun")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--once", action="store_true", help="measure each command once, not a few times")
    options = parser.parse_args()
    sizes, widths = (sorted({int(n) for n in text.split(",")}) for text in (options.sizes, options.widths))
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        ends = time.monotonic() + 60.0 * options.minutes
        cache = options.cache or scratch / "cache"
        bench = Bench(cache, scratch, options.seed, options.limit_s, ends, once=options.once)
        bench.take("start", "0", [*CLI, "--version"])
        early_late = bench.loop("loop", "fresh", "--fresh", str(options.late))
        loops = {}
        for size in sizes:
            path, (campaign,) = bench.ledger(1, size)
            bench.commands(path, campaign, size, with_reports=size <= options.largest_report)
            copy = bench.copied(path)
            loops[str(size)] = bench.loop("loop", str(size), "--ledger", str(copy), "--campaign", campaign)
        path, _ = bench.ledger(options.campaigns, 500)
        copy = bench.copied(path)
        for name in ("first", "list"):
            arguments = [*CLI, "list", "--json", "--ledger", str(copy)]
            bench.take(f"{name}_of_many", str(options.campaigns), arguments, once=name == "first")
        for width in widths:
            bench.wide(width)
        found = figures(bench, loops, early_late)
    settings = {
        "sizes": sizes,
        "widths": widths,
        "campaigns": options.campaigns,
        "late": options.late,
        "seed": options.seed,
    }
    report("scale", settings, found)


if __name__ == "__main__":
    main()
