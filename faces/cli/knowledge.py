"""The library: the laboratory's own documents, added, listed, asked and removed."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from zosimos.core.errors import DataError, SpecError, ZosimosError
from zosimos.faces.cli import errors, screen
from zosimos.faces.cli.context import Json
from zosimos.faces.cli.curve import curve

if TYPE_CHECKING:
    from zosimos.agent.knowledge.document import Document, Passage
    from zosimos.agent.knowledge.extracted import Extracted
    from zosimos.agent.knowledge.library import Library, Shelf
    from zosimos.agent.knowledge.search import Hit

app = typer.Typer(
    help="The laboratory's own documents: add them, ask them, cite them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Place: TypeAlias = Annotated[
    Path | None, typer.Option("--library", metavar="FOLDER", help="Where the documents are (default: library here).")
]
Most: TypeAlias = Annotated[int, typer.Option("-n", metavar="N", help="How many passages are looked at.")]
_MOST = 50  # passages of an answer

app.command()(curve)


@app.command()
def add(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILES...", help="PDF, Markdown, HTML, BibTeX, CSV, xlsx or text.", show_default=False),
    ],
    library: Place = None,
    json: Json = False,
) -> None:
    """Add documents; a file that is there already changes nothing."""
    here = _library(library)
    added: list[dict[str, Any]] = []
    refused: list[ZosimosError] = []
    for path in files:
        try:
            document, new = here.add(path)
        except DataError as error:
            if len(files) == 1:
                raise
            refused.append(error)
            continue
        added.append(_prepared(here, document) | {"new": new})
        if not json:
            _say_added(document, new=new)
    for one in refused:
        screen.notice(f"not added: {one.message}", f"  {one.value}; allowed: {one.allowed}")
    if json:
        screen.json_line({"added": added, "refused": [dict(one.as_dict()) for one in refused]})
    if refused:
        raise typer.Exit(errors.ERROR)


@app.command("list")
def list_(library: Place = None, json: Json = False) -> None:
    """List the documents."""
    from zosimos.agent.knowledge.views import document_view
    from zosimos.agent.quotation import disarmed

    shelf = _shelf(_library(library))
    views = [document_view(document) for document in shelf.documents]
    if json:
        screen.json_line({"documents": views})
        return
    if not views:
        screen.say("the library is empty; add documents with: zosimos knowledge add FILES...")
        return
    heads = ("document", "file", "title", "passages", "left out")
    rows = [
        (one["document"], *map(disarmed, (one["name"], one["title"], one["passages"], "; ".join(one["remarks"]))))
        for one in views
    ]
    screen.console().print(screen.table(heads, rows))


@app.command()
def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="In words, in quotes.", show_default=False)],
    most: Most = 3,
    library: Place = None,
    json: Json = False,
) -> None:
    """Show the passages that answer a question best, with where they stand."""
    from zosimos.agent.knowledge.views import passage_view

    hits = _found(_library(library), question, most)
    if json:
        passages = [passage_view(hit.passage) | {"score": round(hit.score, 4)} for hit in hits]
        screen.json_line({"question": question, "passages": passages})
        return
    for hit in hits:
        _show(hit.passage)


@app.command()
def show(
    passage: Annotated[str, typer.Argument(metavar="PASSAGE", help="Such as 3f2a9c1.14.", show_default=False)],
    library: Place = None,
    json: Json = False,
) -> None:
    """Show one passage."""
    from zosimos.agent.knowledge.views import passage_view

    found = _library(library).passage(passage)
    if json:
        screen.json_line(passage_view(found))
    else:
        _show(found)


@app.command()
def values(
    quantity: Annotated[str, typer.Argument(metavar="QUANTITY", help="What it is, in quotes.", show_default=False)],
    unit: Annotated[str | None, typer.Option("--unit", metavar="U", help="Only what can be said in it.")] = None,
    most: Most = 10,
    library: Place = None,
    json: Json = False,
) -> None:
    """Show numbers with units from the passages that speak of a quantity; each with the letters it was read from."""
    from zosimos.agent.knowledge.extracted import extracted
    from zosimos.agent.knowledge.views import value_view
    from zosimos.core.units import check_unit

    wanted = None if unit is None else check_unit(unit, "--unit")
    read = [value for hit in _found(_library(library), quantity, most) for value in extracted(hit.passage)]
    found = read if wanted is None else [one for value in read if (one := value.within(wanted)) is not None]
    if json:
        screen.json_line({"quantity": quantity, "unit": unit, "values": [value_view(value) for value in found]})
        return
    if not found:
        screen.say("no number with such a unit stands in the passages that were found")
        return
    heads = ("value", "as it stands there", "passage", "document", "where")
    screen.console().print(screen.table(heads, map(_value_row, found)))
    screen.say("these are extracted, not measured; a person decides what they are good for")


@app.command()
def remove(
    documents: Annotated[
        list[str], typer.Argument(metavar="DOCUMENTS...", help="Ids, or names of files.", show_default=False)
    ],
    library: Place = None,
    json: Json = False,
) -> None:
    """Remove documents with all that is kept of them."""
    here = _library(library)
    gone = []
    for name in documents:
        found = here.remove(name)
        gone.append(name if found is None else found.id)
        if not json:
            screen.say(f"removed {name}" if found is None else f"removed {found.id}  {found.name}")
    if json:
        screen.json_line({"removed": gone})


def _library(flag: Path | None) -> Library:
    from zosimos.agent.knowledge.library import Library
    from zosimos.core.settings import load_settings

    return Library(load_settings(library=flag).library)


def _shelf(library: Library) -> Shelf:
    """Return the documents; what of them cannot be read is said."""
    shelf = library.shelf()
    for trouble in shelf.troubles:
        screen.notice(trouble.message, f"  {trouble.hint}")
    return shelf


def _found(library: Library, question: str, most: int) -> list[Hit]:
    from zosimos.agent.knowledge.search import search

    if not 1 <= most <= _MOST:
        raise SpecError("no such number of passages", field="-n", value=most, allowed=f"1 to {_MOST}")
    shelf = _shelf(library)
    if not shelf.documents:
        raise SpecError(
            "the library is empty",
            field="library",
            value=str(library.folder),
            allowed="a folder to which documents were added",
            hint="zosimos knowledge add FILES... adds some; --library names another folder",
        )
    return search(library, shelf, question, most)


def _prepared(library: Library, document: Document) -> dict[str, Any]:
    """Find out what a document's passages mean, so that the first question need not wait; return its view."""
    from zosimos.agent.knowledge.meanings import meanings
    from zosimos.agent.knowledge.views import document_view
    from zosimos.surrogates.featurizers.sentences import embedder

    found = embedder()
    if found is None:
        screen.notice("the package that finds out meanings is not installed: passages are found by their words alone")
    else:
        meanings(document, library.place(document), found)
    return document_view(document)


def _say_added(document: Document, *, new: bool) -> None:
    from zosimos.agent.quotation import disarmed

    count = len(document.passages)
    told = f"{count} passage{'s' if count > 1 else ''}" if new else "is in the library already"
    remarks = (f"  {disarmed(remark)}" for remark in document.remarks)
    screen.say(f"{document.id}  {disarmed(document.name)}: {told}", *remarks)


def _show(passage: Passage) -> None:
    """Show a passage, each line of it marked as a document's words."""
    from zosimos.agent.quotation import DOCUMENT, WIDTH, disarmed, quoted

    out, span = screen.console(), passage.span
    width = min(out.width - 2, WIDTH)
    lines = [part for line in passage.text.split("\n") for part in textwrap.wrap(line, width - len(DOCUMENT)) or [""]]
    place = disarmed(f"{passage.document.name}, {passage.where}")
    out.print(screen.text(f"{passage.id}  {place}", "bold"))
    screen.say(f"  characters {span.start} to {span.end}")
    screen.say(*(f"  {line}" for line in quoted("\n".join(lines), width=width, mark=DOCUMENT)))


def _value_row(value: Extracted) -> tuple[str, ...]:
    from zosimos.agent.quotation import disarmed

    number = screen.quantity(value.value, value.spread, value.unit)
    if value.upto is not None:
        number = f"{screen.number(value.value)} to {screen.number(value.upto)} {value.unit}"
    return number, value.text, value.passage.id, *map(disarmed, (value.passage.document.name, value.passage.where))
