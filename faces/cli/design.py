"""Designs of experiments: a table to fill in, for a campaign file or for factors named on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zosimos.core.errors import SpecError
from zosimos.faces.cli import screen
from zosimos.faces.cli.context import Json, LedgerUrl, Output

if TYPE_CHECKING:
    from zosimos.planners.designs.design import Design

_FACTOR = "NAME=LOW:HIGH, NAME=LOW:HIGH:STEP, with a unit after it if wanted, or NAME=CHOICE,CHOICE,..."


def design(
    what: Annotated[
        str,
        typer.Argument(
            metavar="FILE|KIND", help="A campaign file, or a kind of design, such as box-behnken.", show_default=False
        ),
    ],
    kind: Annotated[
        str | None,
        typer.Option("--kind", metavar="KIND", help="With a file: the kind of design, if not what planner.start says."),
    ] = None,
    factors: Annotated[
        list[str] | None,
        typer.Option(
            "--factor", metavar="NAME=RANGE", help="Without a file: temp=20:80, 'temp=20:80 degC', base=KOH,NaOH."
        ),
    ] = None,
    mixture: Annotated[
        float | None,
        typer.Option("--mixture", metavar="TOTAL", help="Without a file: the factors sum to this, such as 1 or 100."),
    ] = None,
    outcomes: Annotated[
        list[str] | None,
        typer.Option("--outcome", metavar="NAME", help="Without a file: a column for results (default: result)."),
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A setting of the design: centre=3, blocks=2, runs=12."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, metavar="N", help="Of the order of the runs (default: the file's, or 0)."),
    ] = None,
    output: Output = None,
    json: Json = False,
    ledger: LedgerUrl = None,  # noqa: ARG001 - each command takes --ledger
) -> None:
    """Lay out a design of experiments as a table to fill in; nothing else is written."""
    from zosimos.campaign.tables.designs import write_design

    path = Path(what)
    if path.suffix.lower() in (".yaml", ".yml") or path.is_file():
        if factors or mixture is not None or outcomes:
            raise SpecError("the campaign file says the factors", field="--factor", hint="leave these options out")
        made, names, measured = _of_file(path, kind, sets or [], seed)
    else:
        if kind is not None:
            raise SpecError(f"the kind is said already: {what}", field="--kind", value=kind, hint="leave it out")
        made, names, measured = _alone(what, factors or [], mixture, outcomes or ["result"], sets or [], seed)
    if output is not None:
        write_design(made, names, measured, output)
    if json:
        screen.json_line({**made.as_json(), "file": None if output is None else str(output)})
        return
    _shown(made, names)
    if output is not None:
        screen.say(f"written to {output}: run the rows in this order, and fill in its result columns")


def _of_file(path: Path, kind: str | None, sets: list[str], seed: int | None) -> tuple[Design, list[str], list[str]]:
    from json import dumps

    from zosimos.campaign.definition.designs import DesignSpec
    from zosimos.campaign.definition.read import parse_assignment, read_spec
    from zosimos.campaign.files import from_file

    texts = [f"seed={seed}"] if seed is not None else []
    if kind is not None:
        settings = dict(map(parse_assignment, sets))
        texts.append(f"planner.start={dumps({**settings, 'design': kind})}")
    else:
        texts += [f"planner.start.{text}" for text in sets]
        start = read_spec(path).planner.start
        if not isinstance(start, DesignSpec):
            raise SpecError(
                f"{path} begins with no design", field="planner.start", value=start, hint="--kind box-behnken names one"
            )
    setup = from_file(path, texts)
    found = setup.design(setup.spec)
    assert found is not None, "the start was looked at"
    return found, list(setup.spec.space), [part.name for part in setup.measured(setup.spec)]


def _alone(
    kind: str, factors: list[str], mixture: float | None, outcomes: list[str], sets: list[str], seed: int | None
) -> tuple[Design, list[str], list[str]]:
    from zosimos.campaign.definition.read import parse_assignment
    from zosimos.faces.python.designs import design_of
    from zosimos.planners.designs.request import DesignRequest

    DesignRequest(kind)  # an unknown kind is the first thing to say
    if not factors:
        raise SpecError("a design needs factors", field="--factor", allowed=_FACTOR)
    named = [_factor(text) for text in factors]
    space = dict(named)
    if len(space) < len(named):
        twice = next(name for name in space if sum(name == other for other, _ in named) > 1)
        raise SpecError("a factor stands twice", field="--factor", value=twice, allowed="each name once")
    start = {**dict(map(parse_assignment, sets)), "design": kind}
    data: dict[str, Any] = {"name": "design", "space": space, "planner": {"start": start}, "seed": seed or 0}
    data["objectives"] = {name: {"goal": "max"} for name in outcomes}
    if mixture is not None:
        data["constraints"] = [{"type": "simplex", "of": list(space), "total": mixture}]
    return design_of(data), list(space), outcomes


def _factor(text: str) -> tuple[str, dict[str, Any]]:
    """Return a factor's name, and its part of a campaign file."""
    from zosimos.campaign.templates.phrases import number, unit

    name, equals, told = text.partition("=")
    name, told = name.strip(), told.strip()
    if not equals or not name or not told:
        raise SpecError("this is no factor", field="--factor", value=text, allowed=_FACTOR)
    if ":" not in told:
        return name, {"type": "categorical", "choices": [choice.strip() for choice in told.split(",")]}
    numbers: list[float] = []
    rest = f":{told}"
    try:
        while rest.startswith(":") and len(numbers) < 3:
            value, rest = number(rest[1:], "--factor")
            numbers.append(value)
    except SpecError:
        numbers = []
    if len(numbers) < 2 or rest.startswith(":"):
        raise SpecError("this is no range", field="--factor", value=text, allowed=_FACTOR)
    step = {"step": numbers[2]} if len(numbers) == 3 else {}
    return name, {"type": "continuous", "min": numbers[0], "max": numbers[1], "unit": unit(rest, "--factor"), **step}


def _shown(made: Design, names: list[str]) -> None:
    blocked = made.request.blocks > 1
    screen.say(made.summary(), *made.notes)
    rows = [
        [row.run, *([row.block] if blocked else []), *(screen.number(row.values[name]) for name in names), row.point]
        for row in made.rows
    ]
    screen.console().print(screen.table(["run", *(["block"] if blocked else []), *names, "point"], rows))
