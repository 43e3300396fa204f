"""``new``: a few questions, each with a default, and a campaign file of the answers, written at the very end."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from zosimos.core.errors import DataError, InputError, SpecError, StateError
from zosimos.core.shown import clean
from zosimos.faces.cli import screen
from zosimos.faces.cli.columns import DecimalSign
from zosimos.faces.cli.context import Json, LedgerUrl, Output, write_text
from zosimos.faces.cli.screen import at_terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from zosimos.campaign.tables.numbers import Sign
    from zosimos.campaign.templates.draft import Draft
    from zosimos.campaign.templates.questions import Kind, Question

T = TypeVar("T")


def new(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="[KIND]",
            help="formulation, reaction, coating, alloy, instrument, or table; it is asked for if left out.",
            show_default=False,
        ),
    ] = None,
    output: Output = None,
    table: Annotated[
        Path | None, typer.Option("--from", metavar="TABLE", help="The CSV file or workbook, with kind table.")
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="QUESTION=ANSWER", help="The answer to a question, which is not asked then."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask: take the defaults for what --set does not say.")
    ] = False,
    decimal: DecimalSign = None,
    json: Json = False,
    ledger: LedgerUrl = None,  # noqa: ARG001 - each command takes --ledger
) -> None:
    """Ask a few questions and write a campaign file: valid, with a remark on each line."""
    from zosimos.campaign.templates.kinds import TABLE, kind_of
    from zosimos.campaign.templates.questions import answered
    from zosimos.campaign.templates.written import written

    sign: Sign | None = None if decimal is None else decimal.value
    asks = at_terminal() and not json and not yes
    if not asks and not yes:
        raise StateError(
            "new asks questions, and nobody can answer here: nothing was written",
            field="--yes",
            allowed="--yes, which takes the defaults; --set QUESTION=ANSWER for other answers",
            hint="zosimos new formulation -o my.yaml --yes --set 'total=100 g'",
        )
    if output is not None:
        _check_new(output)
    try:
        if asks:
            screen.say("Enter takes what stands in [brackets]; Ctrl-C leaves, and nothing is written.")
        name = kind or (TABLE if table is not None else _kind() if asks else "")
        if name == TABLE and table is None and asks:
            table = _again("Which table? (a CSV file or an .xlsx workbook)", "", partial(_readable, sign))
        made = kind_of(name, table, sign)
        given = _given(sets or [])
        found = _asked(made, given) if asks else answered(made, given)
        draft = made.draft(found)
        text = written(draft)
        if output is None and asks:
            output = _again("What shall the file be called?", _free(name if table is None else table.stem), _fresh)
    except (EOFError, KeyboardInterrupt) as error:
        screen.notice("", "nothing was written")
        raise typer.Abort from error
    if output is not None:
        _write(output, text)
    _done(made, draft, text, output, table, json=json)


def _given(sets: list[str]) -> dict[str, str]:
    """Return answers by question."""
    found: dict[str, str] = {}
    for text in sets:
        name, equals, answer = text.partition("=")
        if not equals or not name.strip() or name.strip() in found:
            raise SpecError(
                "a question is answered twice" if equals and name.strip() else "not an answer to a question",
                field="--set",
                value=text,
                allowed="question=answer, such as 'temperature=20 to 80 °C'",
            )
        found[name.strip()] = answer.strip()
    return found


def _kind() -> str:
    from zosimos.campaign.templates.kinds import KINDS

    screen.say("What is it about?")
    screen.console().print(screen.facts((f"  {name}", what) for name, what in KINDS.items()))

    def known(answer: str) -> str:
        near = [name for name in KINDS if name.startswith(answer.casefold())]
        if len(near) != 1:
            raise SpecError("there is no such kind", field="kind", value=answer, allowed=", ".join(KINDS))
        return near[0]

    return _again("Which of these?", next(iter(KINDS)), known)


def _asked(kind: Kind, given: Mapping[str, str]) -> dict[str, Any]:
    """Ask the questions that are not answered yet, and return what was understood."""
    from zosimos.campaign.templates.questions import by_question, understood

    given = by_question(kind, given)
    found: dict[str, Any] = {}
    for question in kind.questions:
        if question.name in given or not question.text:
            found[question.name] = understood(question, given.get(question.name, question.default), found)
            continue
        read = partial(_understood, question, found)
        found[question.name] = _again(question.text, question.default, read)
    return found


def _understood(question: Question, found: Mapping[str, Any], answer: str) -> Any:
    from zosimos.campaign.templates.questions import understood

    return understood(question, answer, found)


def _again(text: str, default: str, read: Callable[[str], T]) -> T:
    """Ask until an answer can be read, and say of each that cannot why.

    Raises:
        EOFError: nobody answers any more.
    """
    while True:
        screen.say(text)
        sys.stdout.write(f"  [{clean(default)}] " if default else "  > ")
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        try:
            return read(line.strip() or default)
        except InputError as error:
            screen.say(f"  {error.message}" + (f": {error.value}" if error.value is not None else ""))
            screen.say(
                *(f"  {label} {said}" for label, said in (("allowed:", error.allowed), ("hint:", error.hint)) if said)
            )


def _readable(decimal: Sign | None, answer: str) -> Path:
    """Return the table that an answer names, once it can be read."""
    from zosimos.campaign.templates.kinds import TABLE, kind_of

    path = Path(answer.strip("'\""))
    if not answer:
        raise DataError("a table is needed", field="--from", allowed="the path of a CSV file or an .xlsx workbook")
    kind_of(TABLE, path, decimal)
    return path


def _free(name: str) -> str:
    """Return a file name that is not taken."""
    names = (f"{name}{'' if number == 1 else number}.yaml" for number in range(1, 1000))
    return next(one for one in names if not Path(one).exists())


def _fresh(answer: str) -> Path:
    path = Path(answer if Path(answer).suffix in (".yaml", ".yml") else f"{answer}.yaml")
    _check_new(path)
    return path


def _check_new(path: Path) -> None:
    """Refuse a file that is there, or has no place to be.

    Raises:
        DataError: it is.
    """
    if path.exists() or path.is_symlink():
        raise DataError(
            f"{path} is there already: nothing was written",
            field="-o",
            value=str(path),
            allowed="a file that is not there yet",
            hint="take another name, or move that file away first",
        )
    if path.suffix not in (".yaml", ".yml"):
        raise DataError("a campaign file ends in .yaml", field="-o", value=str(path), allowed="such as my.yaml")
    if not path.parent.is_dir():
        raise DataError(
            f"there is no folder {path.parent}", field="-o", value=str(path), hint="make the folder, or name another"
        )


def _write(path: Path, text: str) -> None:
    try:
        write_text(path, text, new=True)
    except FileExistsError as error:  # since it was looked for
        raise DataError(f"{path} is there already", field="-o", value=str(path), hint="take another name") from error


def _done(kind: Kind, draft: Draft, text: str, output: Path | None, table: Path | None, *, json: bool) -> None:
    """Say what was written and what to type next."""
    from zosimos.campaign.templates.written import summary

    following = _next(output or Path("FILE"), table, outside=draft.outside)
    if json:
        file = None if output is None else str(output)
        questions = {question.name: question.default for question in kind.questions if question.text}
        data: dict[str, Any] = {"kind": kind.name, "file": file, "text": text, "defaults": questions}
        screen.json_line({**data, "notes": list(draft.notes), "next": following})
        return
    if output is None:
        screen.plain_text(text)
        return
    screen.console().print(screen.facts(summary(draft)))
    screen.say(f"written to {output}: look through it, every line says what it does. Then:")
    screen.say(*(f"  {line}" for line in following))
    if draft.outside:
        screen.say("--outside: some rows of the table lie outside what the file allows, and teach all the same")


def _next(file: Path, table: Path | None, *, outside: bool) -> list[str]:
    import shlex

    name = shlex.quote(str(file))
    filled = shlex.quote(f"{file.stem}-1.xlsx")
    if table is None:
        return [f"zosimos ask {name} -o {filled}", f"zosimos tell last {filled}"]
    more = " --outside" if outside else ""
    return [f"zosimos tell {name} {shlex.quote(str(table))}{more}", f"zosimos ask last -o {filled}"]
