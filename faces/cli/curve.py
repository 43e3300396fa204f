"""A curve of a figure, as a table: ``zosimos knowledge curve``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zosimos.core.errors import SpecError
from zosimos.faces.cli import screen
from zosimos.faces.cli.context import Json
from zosimos.faces.cli.plan_files import require_new

if TYPE_CHECKING:
    from zosimos.analysis.figures.curve import Curve, Stated
    from zosimos.analysis.figures.frame import Frame
    from zosimos.analysis.figures.picture import Picture

COLUMNS = ("x", "u_x", "y", "u_y", "pixel_x", "pixel_y")


def curve(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A picture, or a PDF.", show_default=False)],
    x: Annotated[str, typer.Option("--x", metavar="LOW:HIGH", help="Values at the left and right ends of the frame.")],
    y: Annotated[str, typer.Option("--y", metavar="LOW:HIGH", help="Values at its bottom and top.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The table; FILE.json says whence.")],
    log_x: Annotated[bool, typer.Option("--log-x", help="The axis x is logarithmic.")] = False,
    log_y: Annotated[bool, typer.Option("--log-y", help="The axis y is logarithmic.")] = False,
    colour: Annotated[
        str | None, typer.Option("--colour", metavar="C", help="Of the line: '#1f77b4', or a name (default: the only).")
    ] = None,
    frame: Annotated[
        str | None, typer.Option("--frame", metavar="L,T,R,B", help="Where the frame is, in pixels, if it is not seen.")
    ] = None,
    marks: Annotated[
        bool, typer.Option("--marks", help="The values are those at the first and last tick marks of each axis.")
    ] = False,
    page: Annotated[int | None, typer.Option("--page", metavar="N", help="The page of a PDF.")] = None,
    picture: Annotated[int | None, typer.Option("--picture", metavar="N", help="Which picture of the page.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
    json: Json = False,
) -> None:
    """Take a curve from a picture of a plot, with uncertainties; a person states the axes."""
    from zosimos.agent.knowledge.reading import MOST_BYTES
    from zosimos.analysis.figures.curve import digitise
    from zosimos.analysis.figures.ink import parse_colour
    from zosimos.core.files import read_file

    aside = output.with_name(output.name + ".json")
    for path in (output, aside):
        require_new(path, force=force)
    across, up, box = _range(x, "--x", log=log_x), _range(y, "--y", log=log_y), _frame(frame)
    if frame is not None and marks:
        raise SpecError(
            "a frame is stated by its ends", field="--marks", value="--marks with --frame", allowed="one of the two"
        )
    wanted = None if colour is None else parse_colour(colour)
    data = read_file(file, "FILE", at_most=MOST_BYTES)
    shown = _picture(data, file.name, page, picture)
    found = digitise(shown, across, up, colour=wanted, frame=box, marks=marks)
    origin = _origin(found, data, file.name, shown.sha256, page, picture)
    _write(output, aside, found, origin)
    if json:
        screen.json_line(origin | {"points": len(found.points), "written": str(output)})
        return
    screen.say(f"{len(found.points)} points written to {output}, and where they come from to {aside}")
    screen.say(*found.remarks, "these are extracted, not measured; a person decides what they are good for")


def _range(text: str, field: str, *, log: bool) -> Stated:
    from zosimos.analysis.figures.curve import Stated

    low, high = _numbers(text, ":", 2, field, "LOW:HIGH, two numbers such as 0:100")
    return Stated(low, high, log)


def _frame(text: str | None) -> Frame | None:
    from zosimos.analysis.figures.frame import Frame

    if text is None:
        return None
    return Frame(*_numbers(text, ",", 4, "--frame", "LEFT,TOP,RIGHT,BOTTOM, four numbers of pixels"))


def _numbers(text: str, between: str, count: int, field: str, allowed: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.split(between))
    except ValueError:
        numbers = ()
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise SpecError(f"{field} is not understood", field=field, value=text, allowed=allowed)
    return numbers


def _picture(data: bytes, name: str, page: int | None, number: int | None) -> Picture:
    from zosimos.agent.knowledge.pictures import picture_in
    from zosimos.analysis.figures.picture import read_picture

    if b"%PDF-" not in data[:1024]:
        if page is not None or number is not None:
            raise SpecError(
                "only a PDF has pages", field="--page", value=name, allowed="a PDF, or no --page and --picture"
            )
        return read_picture(data, name)
    if page is None:
        raise SpecError("a PDF has pages", field="--page", value="none", allowed="the page with the figure, from 1")
    return read_picture(picture_in(data, name, page, number), f"page {page} of {name}")


def _origin(found: Curve, data: bytes, name: str, picture: str, page: int | None, number: int | None) -> dict[str, Any]:
    """Return where the values come from, and by what they were read."""
    import hashlib
    from dataclasses import asdict

    from zosimos.analysis.figures.curve import ORIGIN

    return {
        "origin": ORIGIN,
        "file": name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "page": page,
        "picture": number,
        "picture_sha256": picture,
        "axes": {"x": asdict(found.x), "y": asdict(found.y)},
        "frame": asdict(found.frame),
        "colour": "#{:02x}{:02x}{:02x}".format(*found.colour),
        "remarks": list(found.remarks),
        "columns": list(COLUMNS),
    }


def _write(output: Path, aside: Path, found: Curve, origin: dict[str, Any]) -> None:
    from zosimos.core.files import cannot_write
    from zosimos.core.writing import json_pieces, write_whole

    rows = (",".join(f"{getattr(point, name):.8g}" for name in COLUMNS) + "\n" for point in found.points)
    try:
        write_whole(output, [",".join(COLUMNS) + "\n", *rows])
        write_whole(aside, [*json_pieces(origin), "\n"])
    except OSError as error:
        raise cannot_write(output, error) from error
