"""The command line's front door: the table of commands, and what happens to whatever goes wrong in one.

A command is a plain function in one of the modules beside this one; it parses nothing itself and imports what is heavy
inside itself, so that ``zosimos --help`` stays quick. Exit codes: 0 done; 1 the answer is no (a replay that differs,
an aborted campaign); 2 an error; 3 the ledger fails; 130 and 143 interrupted; 141 the reader of our output went away.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import typer
import typer.main

from zosimos.core import background
from zosimos.faces.cli import (
    advise,
    approve,
    asking,
    backup,
    carry,
    check,
    decide,
    design,
    effects,
    errors,
    explain,
    hypotheses,
    knowledge,
    labs,
    life,
    mcp,
    mend,
    new,
    note,
    plugins,
    repair,
    run,
    tell,
    verify,
)
from zosimos.faces.cli import agent as talk
from zosimos.faces.cli import inspect as look
from zosimos.faces.cli import output as out
from zosimos.faces.cli import report as paper
from zosimos.faces.cli.examples import EXAMPLES, START
from zosimos.faces.cli.types_shown import without_types

_COMMANDS: Mapping[str, Mapping[str, Callable[..., None]]] = {
    "Work by hand": {
        "new": new.new,
        "ask": asking.ask,
        "tell": tell.tell,
        "design": design.design,
        "carry-over": carry.carry_over,
    },
    "Look at results": {
        "list": look.list_,
        "status": look.status,
        "show": look.show,
        "explain": explain.explain,
        "effects": effects.effects,
        "hypotheses": hypotheses.hypotheses,
        "report": paper.report,
        "plot": paper.plot,
        "export": out.export,
    },
    "Mend a mistake": {
        "correct": mend.correct,
        "retract": mend.retract,
        "drop": mend.drop,
    },
    "Change what comes next": {
        "steer": decide.steer,
        "advise": advise.advise,
        "pause": decide.pause,
        "halt": decide.halt,
        "abort": decide.abort,
    },
    "Run a lab": {
        "demo": run.demo,
        "run": run.run,
        "resume": run.resume,
        "watch": look.watch,
        "approvals": approve.approvals,
        "approve": approve.approve,
        "reject": approve.reject,
        "resolve": decide.resolve,
    },
    "Plan and talk": {"plan": talk.plan, "chat": talk.chat, "note": note.note},
    "Check a file before it is used": {
        "validate": check.validate,
        "dry-run": check.dry_run,
        "schema": check.schema,
        "plugins": plugins.plugins,
    },
    "Keep the record safe": {
        "backup": backup.backup,
        "restore": backup.restore,
        "copy": backup.copy,
        "verify": verify.verify,
        "replay": check.replay,
        "head": check.head,
        "repair": repair.repair,
    },
}

app = typer.Typer(
    name="zosimos",
    help="Plan experiments, run them, learn from each result, keep a record that survives.",
    epilog=START,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(labs.app, name="lab", rich_help_panel="Labs")
app.add_typer(knowledge.app, name="knowledge", rich_help_panel="Documents")
app.add_typer(mcp.app, name="mcp", rich_help_panel="Plan and talk")
for _panel, _functions in _COMMANDS.items():
    for _name, _function in _functions.items():
        _example = EXAMPLES.get(_name)
        app.command(_name, rich_help_panel=_panel, epilog=_example and f"Example: {_example}")(_function)


def _version(wanted: bool) -> None:
    if wanted:
        from zosimos import __version__

        typer.echo(f"zosimos {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors are shown, never raised.

    As a program of its own (no arguments given) it ends here if a computation was left behind: nothing waits for it.
    """
    code = _code(arguments)
    if arguments is None and background.left_behind():
        background.leave(code)
    return code


def _code(arguments: Sequence[str] | None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show ± still gets its numbers
    try:
        code: Any = without_types(typer.main.get_command(app)).main(
            args=given or ["--help"], prog_name="zosimos", standalone_mode=False
        )
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # typer turns the first into the second
        return errors.closed_pipe()
    except KeyboardInterrupt:
        return errors.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback reaches a person
        return errors.shown(error, as_json="--json" in given, given=given)
    finally:
        with contextlib.suppress(OSError):  # nobody may read any more
            life.end()
    return int(code or 0)
