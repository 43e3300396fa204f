"""Round trips through a spreadsheet program: does each result come back to its proposal?

    python bench/spreadsheets.py --soffice /usr/bin/soffice

Spaces are made with a seed: names with units, commas, quotes and signs, parameters of all kinds and sizes, choices that
programs like to change (``1-2``, ``=H2O``, ``10``, ``TRUE``). For each, proposals are asked for (among them neighbours
that differ by a percent), written as ``ask -o`` writes them, filled in as a person does with values of 15, 10, 6 or 4
significant digits, and then opened and saved by LibreOffice, many files in one call: as CSV with commas and decimal
points, as CSV with semicolons and decimal commas (German), and as .xlsx. What comes out is told back.

Figures, by kind of file and digits: ``tables``; ``read`` (every result is at its proposal, as it was proposed or within
its rounding); ``asked`` (read once somebody said what stands before decimals, --decimal); ``changed`` (refused in clear
words because LibreOffice changed a choice, as ``1-2`` to a date); ``refused`` (for another reason); ``wrong`` (a result
at another proposal, at other values, or with another outcome: must be 0). ``false`` counts rows that were given the id
of another proposal, whose values differ at that many digits, and were taken for it all the same (must be 0), of
``swapped`` such rows; ``astray`` counts rows without an id that were taken for another proposal whose values differ at
that many digits.
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
from common import report

from zosimos.campaign.control.commands import Commands, create
from zosimos.campaign.control.manual_results import Choices, Result, rehearsed
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup, assemble
from zosimos.campaign.tables.matching import Targets
from zosimos.campaign.tables.numbers import Sign
from zosimos.campaign.tables.placing import Place
from zosimos.campaign.tables.reading import read
from zosimos.campaign.tables.sources import load
from zosimos.core.errors import DataError, ZosimosError
from zosimos.core.records import Candidate
from zosimos.core.values import Value, Values

NAMES = (
    *("T (°C)", "T (K)", "flow-rate", "a,b", 'the "best"', "=sum", "-x", "µ", "lambda", "A", "a_b", "x / y", "Größe"),
    *("pH", "it's", "t", "T", "Zeit; min", "+5", "@home", "1.5", "温度", "x\u00b2", "very long name " * 5),
)
UNITS = ("", "", "degC", "mL/min", "%", "mol/L", "g", "min", "S·cm⁻¹")
CHOICES = (
    *("DMF", "=H2O", "-OMe", "n/a", "10", "1,5", "a;b", "Ü", "yes", "TRUE", "1-2", "1/2", "+Cl", "@x", "it's"),
    *("Mai 5", "e5", "1e5", "5 %", '"q"', "日本", "a\tb", " b"),
)
DIGITS = (15, 10, 6, 4)
# separator, quote, UTF-8, first line; as shown on the way out. 1033 is English, 1031 German.
_IN = "CSV:{mark},34,76,1,,{language},false,{special}"
_OUT = "csv:Text - txt - csv (StarCalc):{mark},34,76,1,,{language},false,true,false"
_AT_ONCE = 150  # files for one call of the program
_LOCALE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N">
<prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>{}</value></prop>
</item>
</oor:items>
"""
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Kind:
    """A kind of file, and how LibreOffice opens and saves it."""

    name: str
    suffix: str
    mark: str = ","
    language: int = 1033
    locale: str = "en-US"
    sign: Sign = "point"

    def arguments(self) -> list[str]:
        if self.suffix == ".xlsx":
            return ["--convert-to", "xlsx"]
        mark = {"mark": ord(self.mark), "language": self.language}
        return [f"--infilter={_IN.format(special='false', **mark)}", "--convert-to", _OUT.format(**mark)]


KINDS = (Kind("csv", ".csv"), Kind("german csv", ".csv", ";", 1031, "de-DE", "comma"), Kind("xlsx", ".xlsx"))


@dataclass(frozen=True)
class Case:
    """A campaign with proposals, and what a person found for each."""

    setup: Setup
    state: State
    found: Mapping[str, float]
    ledger: Ledger = field(repr=False)


def space_of(rng: random.Random) -> dict[str, Any]:
    """Return a space of one to six parameters."""
    space: dict[str, Any] = {}
    for name in rng.sample(NAMES, rng.randint(1, 6)):
        kind = rng.choice(("continuous", "continuous", "continuous", "integer", "choices", "levels"))
        if kind == "continuous":
            size = 10.0 ** rng.randint(-6, 6)
            space[name] = {"min": rng.choice((-size, 0.0, 0.1 * size)), "max": size, "unit": rng.choice(UNITS)}
        elif kind == "integer":
            space[name] = {"type": "integer", "min": 0, "max": rng.choice((10, 1000, 10**6))}
        elif kind == "levels":
            space[name] = {"levels": sorted({round(rng.uniform(0, 100), rng.randint(0, 3)) for _ in range(5)})}
        else:
            space[name] = {"choices": rng.sample(CHOICES, rng.randint(2, 6))}
    return space


def value_of(part: Mapping[str, Any], rng: random.Random) -> Value:
    """Return a value of a parameter."""
    if "choices" in part:
        return str(rng.choice(part["choices"]))
    if "levels" in part:
        return float(rng.choice(part["levels"]))
    if part.get("type") == "integer":
        return rng.randint(part["min"], part["max"])
    return rng.uniform(part["min"], part["max"])


def near(row: Values, space: Mapping[str, Any], rng: random.Random) -> Values:
    """Return a row beside another: its continuous values moved by up to a percent."""
    moved: dict[str, Value] = dict(row)
    for name, part in space.items():
        value = row[name]
        if "max" in part and isinstance(value, float):
            moved[name] = min(max(value * (1 + rng.uniform(-0.01, 0.01)), part["min"]), part["max"])
    return moved


def case(seed: int) -> Case:
    """Return a campaign that was asked for proposals."""
    rng = random.Random(seed)
    space = space_of(rng)
    outcome = rng.choice(("yield", "η (mPa·s)", "out, mg", "Ausbeute"))
    spec = parse_spec(
        {
            "name": f"bench {seed}",
            "space": space,
            "objectives": {outcome: {"goal": "max", "unit": rng.choice(("", "%", "mg", "mPa*s"))}},
            "budget": {"experiments": 100},
        }
    )
    ledger = Ledger("sqlite://")
    setup = assemble(spec, {})
    record = create(ledger, setup, author="bench", now=NOW, entropy=random.Random(seed))
    rows = [{name: value_of(part, rng) for name, part in space.items()} for _ in range(rng.randint(2, 5))]
    rows += [near(row, space, rng) for row in rows[:2]]
    Commands(record, "bench", NOW).ask(setup, len(rows), lambda _setup, _inputs: [Candidate(row, "t") for row in rows])
    found = {name: round(rng.uniform(-50, 500), rng.randint(0, 3)) for name in record.state.experiments}
    return Case(setup, record.state, found, ledger)


def written(made: Case, name: str, value: Value, digits: int) -> Value:
    """Return a parameter's value with so many digits, as a person types it; levels are short, and stay."""
    levels = made.state.spec.space[name].traits(name).levels
    return float(f"{value:.{digits}g}") if isinstance(value, float) and not levels else value


def fill_in(made: Case, kind: Kind, digits: int, path: Path) -> None:
    """Write a table as ``ask -o`` does, and fill it in."""
    with Place(path, force=True) as place:
        place.prepare(made.state, list(made.state.experiments.values()))
        place.put()
    if kind.suffix == ".xlsx":
        _fill_workbook(made, digits, path)
    else:
        _fill_text(made, kind, digits, path)


def _places(made: Case, header: Sequence[Any]) -> tuple[int, dict[int, str], int]:
    """Return where a table's ids, its parameters and its outcome stand."""
    columns = Targets(made.state).match([str(cell) for cell in header]).columns
    parameters = {column.place: column.target.name for column in columns if column.target.role == "parameter"}
    outcome = next(column.place for column in columns if column.target.role == "outcome")
    return next(column.place for column in columns if column.target.role == "experiment"), parameters, outcome


def _fill_workbook(made: Case, digits: int, path: Path) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert sheet is not None
    ids, parameters, outcome = _places(made, [cell.value for cell in sheet[1]])
    for line in range(2, sheet.max_row + 1):
        name = str(sheet.cell(line, ids + 1).value)
        sheet.cell(line, outcome + 1, made.found[name])
        for place, parameter in parameters.items():
            value = made.state.experiment(name).values[parameter]
            if isinstance(value, float):
                sheet.cell(line, place + 1, written(made, parameter, value, digits))
    book.save(path)


def _fill_text(made: Case, kind: Kind, digits: int, path: Path) -> None:
    header, *rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    ids, parameters, outcome = _places(made, header)
    for row in rows:
        row_id = row[ids]
        row[outcome] = _text(made.found[row_id], kind)
        for place, parameter in parameters.items():
            value = made.state.experiment(row_id).values[parameter]
            if isinstance(value, float):
                row[place] = _text(written(made, parameter, value, digits), kind)
    text = io.StringIO()
    csv.writer(text, delimiter=kind.mark, lineterminator="\n").writerows([header, *rows])
    path.write_text(text.getvalue(), encoding="utf-8")


def _text(value: Value, kind: Kind) -> str:
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
    return text.replace(".", "," if kind.sign == "comma" else ".")


def opened_and_saved(soffice: str, kind: Kind, files: Sequence[Path], folder: Path, profile: Path) -> None:
    """Have LibreOffice open files and save them into a folder, under their names, in the language of a kind of file."""
    settings = profile / "user" / "registrymodifications.xcu"
    if not settings.exists():
        settings.parent.mkdir(parents=True)
        settings.write_text(_LOCALE.format(kind.locale), encoding="utf-8")
    for some in (files[start : start + _AT_ONCE] for start in range(0, len(files), _AT_ONCE)):
        command = [soffice, "--headless", f"-env:UserInstallation={profile.as_uri()}", *kind.arguments()]
        done = subprocess.run(
            [*command, "--outdir", str(folder), *map(str, some)],
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
        lost = [path.name for path in some if not (folder / path.name).is_file()]
        if done.returncode or lost:
            sys.exit(
                f"{soffice} did not save {', '.join(lost[:3]) or 'all files'}: {(done.stderr or done.stdout)[-500:]}"
            )


def told(made: Case, path: Path, decimal: Sign | None = None) -> Sequence[Result]:
    """Return the results that a table reports, after a rehearsal of recording them."""
    targets = Targets(made.state)
    results = read(made.state, targets, load(path, targets), decimal=decimal).results
    rehearsed(made.setup, made.state, results, Choices())
    return results


def right(made: Case, results: Sequence[Result], digits: int) -> bool:
    """Say whether each result is at its proposal, with its outcome."""
    if [result.experiment for result in results] != list(made.found):
        return False
    for result in results:
        assert result.experiment is not None
        proposed = made.state.experiment(result.experiment).values
        at = {**result.values, **getattr(result, "achieved", {})}
        if any(not _close(at[name], value, digits) for name, value in proposed.items()):
            return False
        if [item.value for item in result.measurements] != [made.found[result.experiment]]:
            return False
    return True


def _close(value: Value, wanted: Value, digits: int) -> bool:
    if isinstance(value, str) or isinstance(wanted, str):
        return value == wanted
    return abs(value - wanted) <= 0.5000001 * 10.0 ** (1 - digits) * max(abs(wanted), 1e-300)


def answer(made: Case, kind: Kind, digits: int, path: Path) -> str:
    """Return what became of a table."""
    for decimal in (None, kind.sign):
        try:
            results = told(made, path, decimal)
        except ZosimosError as error:
            if decimal is None and error.field == "decimal":
                print(f"asked: {kind.name}, {digits} digits, {made.state.spec.name}: {error.message}", file=sys.stderr)
                continue
            text = any(
                part.traits(name).kind == "text" and error.field == name for name, part in made.state.spec.space.items()
            )
            which = "changed" if text else "refused"
            what = f"{error.message}: {error.value!r}"
            print(f"{which}: {kind.name}, {digits} digits, {made.state.spec.name}: {what}", file=sys.stderr)
            return which
        if not right(made, results, digits):
            print(f"wrong: {kind.name}, {digits} digits, {made.state.spec.name}", file=sys.stderr)
            return "wrong"
        return "read" if decimal is None else "asked"
    raise AssertionError("somebody said what stands before decimals")


def swaps(made: Case, digits: int, path: Path) -> Counter[str]:
    """Give rows the ids of others, and no ids, and count what is taken for a proposal that it is not."""
    found: Counter[str] = Counter()
    kind = KINDS[0]
    fill_in(made, kind, digits, path)
    header, *rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    ids, parameters, _ = _places(made, header)
    by_id = {row[ids]: row for row in rows}
    for own, other in itertools.permutations(by_id, 2):
        if _same(made, own, other, parameters.values(), digits):
            continue
        found["swapped"] += 1
        found["false"] += _taken(made, path, header, by_id[own], ids, other, kind) == other
        taken = _taken(made, path, header, by_id[own], ids, "", kind)
        found["astray"] += taken not in ("", own) and not _same(made, own, taken, parameters.values(), digits)
    return found


def _same(made: Case, own: str, other: str, parameters: Iterable[str], digits: int) -> bool:
    """Say whether two proposals are the same at that many digits."""
    values, others = (made.state.experiment(name).values for name in (own, other))
    return all(_close(values[name], others[name], _shown(values[name], digits)) for name in parameters)


def _shown(value: Value, digits: int) -> int:
    """Return how many digits a value has once it is written with at most so many: of 0.0010000 it is one."""
    text = f"{value:.{digits}g}" if isinstance(value, float) else ""
    return max(1, min(digits, len(text.split("e")[0].replace(".", "").lstrip("-0"))))


def _taken(made: Case, path: Path, header: list[str], row: list[str], ids: int, name: str, kind: Kind) -> str:
    """Return the proposal that a row with an id is taken for, at the values that were proposed; empty for none."""
    line = [*row[:ids], name, *row[ids + 1 :]]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, line])
    path.write_text(text.getvalue(), encoding="utf-8")
    try:
        (result,) = told(made, path, kind.sign)
    except DataError:
        return ""
    if getattr(result, "achieved", {}):
        return ""
    return result.experiment or ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spaces", type=int, default=300)
    parser.add_argument("--soffice", default="soffice", help="the program of LibreOffice")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    soffice = shutil.which(options.soffice)
    if soffice is None:
        sys.exit(f"there is no {options.soffice}: install LibreOffice, or name its program with --soffice PATH")
    cases = [case(options.seed + number) for number in range(options.spaces)]
    figures: dict[str, Any] = {}
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        for kind, digits in itertools.product(KINDS, DIGITS):
            before, after = root / f"{kind.name}-{digits}-in", root / f"{kind.name}-{digits}-out"
            before.mkdir()
            after.mkdir()
            files = [before / f"{number}{kind.suffix}" for number in range(len(cases))]
            for made, path in zip(cases, files, strict=True):
                fill_in(made, kind, digits, path)
            opened_and_saved(soffice, kind, files, after, root / kind.locale)
            counted = Counter(
                answer(made, kind, digits, after / path.name) for made, path in zip(cases, files, strict=True)
            )
            figures[f"{kind.name}, {digits} digits"] = {"tables": len(cases), **counted}
            total += counted
            print(f"{kind.name}, {digits} digits: {dict(counted)}", file=sys.stderr)
        for digits in DIGITS:
            swapped = sum((swaps(made, digits, root / "swapped.csv") for made in cases), Counter())
            figures[f"swapped, {digits} digits"] = {name: swapped[name] for name in ("swapped", "false", "astray")}
            total += swapped
            print(f"swapped, {digits} digits: {dict(swapped)}", file=sys.stderr)
    report("spreadsheets", vars(options), {**figures, "all": dict(total)})


if __name__ == "__main__":
    main()
