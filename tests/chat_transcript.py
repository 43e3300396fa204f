"""The conversation of docs/chat.md, held anew: twenty turns about a campaign of the colour lab, without any model.

``python tests/chat_transcript.py`` writes the page's transcript. The test compares it word by word, but for numbers,
which differ from machine to machine in their last digits, and for names that are drawn at random.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent.parent / "docs" / "chat.md"
BEGIN, END = "<!-- transcript -->\n", "<!-- end of the transcript -->\n"
GOAL = "match the colour (40,120,80) with at most 25 experiments, total volume under 60 mL, approve each one with me"
TURNS: Sequence[str] = (
    "how is it going?",
    "why did you try e0008?",
    "pause please",
    "keep blue below 0.3 mL",
    "make it 0.25 instead",
    "what would that do?",
    "YES",
    "undo that",
    "YES",
    "the same for red",
    "never mind",
    "what matters?",
    "compare e0007 and e0008",
    "how good is the model?",
    "how much better can it get?",
    "what if I had 10 more experiments?",
    "measure e0008 again",
    "YES",
    "note that the red syringe was changed before e0008",
    "correct e0004: L was 69.5",
    "YES",
    "exclude e0002",
    "never mind",
    "export the results",
    "carry on",
    "YES",
)
"""What is typed; ``YES`` approves the proposal of the turn before."""


def transcript(folder: Path) -> list[str]:
    """Hold the conversation in an empty folder, and return what is typed and what is answered, as lines.

    Raises:
        AssertionError: a command fails.
    """
    with contextlib.chdir(folder), _alone():
        lines = _shown("plan", GOAL, "--lab", "colour", "-o", "c.yaml")
        lines += _shown("run", "c.yaml", "--no-wait", "--no-report", keep=0)
        while len(_measured()) < 8:
            _answered("approve", *_waiting(), "--yes", "run")
            _answered("resume", "last", "--no-wait", "--no-report")
        for words in TURNS:
            if words == "YES":
                (change,) = json.loads(_answered("approvals", "last", "--json")[-1])["changes"]
                lines += _shown("approve", change["token"], "--yes", change["verb"])
            else:
                lines += _shown("chat", "last", "--say", words)
        return lines


def _measured() -> list[Any]:
    runs = json.loads(_answered("show", "last", "--json")[-1])["runs"]
    return [run for run in runs if run["status"] == "measured"]


def _waiting() -> list[str]:
    return [item["token"] for item in json.loads(_answered("approvals", "last", "--json")[-1])["approvals"]]


def _shown(*words: str, keep: int | None = None) -> list[str]:
    """Return a command as it is typed, and the lines of its answer (the first ``keep``; None: all)."""
    return [f"$ zosimos {shlex.join(words)}", *_answered(*words)[:keep], ""]


def _answered(*words: str) -> list[str]:
    from zosimos.faces.cli import main

    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = main(words)
    assert code == 0, f"{shlex.join(words)}\n{out.getvalue()}"
    return [line.rstrip() for line in out.getvalue().splitlines()]


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Leave settings of this machine aside, and let lines be as long on each."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("ZOSIMOS_") or name.endswith("_API_KEY")]:
        del os.environ[name]
    os.environ.update({"ZOSIMOS_AUTHOR": "ann", "COLUMNS": "110"})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def compared(lines: Sequence[str]) -> list[str]:
    """Return lines with one sign for each number, token and name of a campaign."""
    text = "\n".join(lines)
    text = re.sub(r"c-\d{8}t\d{6}-[0-9a-z]{8}", "CAMPAIGN", text)
    text = re.sub(r"\b[0-9a-z]{8}-[0-9a-f]{32}\b", "TOKEN", text)
    text = re.sub(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", "N", text)
    return re.sub(r"model said \| *|\s+", " ", text).split()  # where lines break depends on numbers


def on_the_page() -> list[str]:
    """Return the transcript that the page shows."""
    shown = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    return shown.removeprefix("```text\n").removesuffix("```\n").splitlines()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        found = transcript(Path(place))
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    tail = rest.partition(END)[2]
    PAGE.write_text("".join([head, BEGIN, "```text\n", "\n".join(found).rstrip(), "\n```\n", END, tail]), "utf-8")
    sys.stdout.write(f"{len(found)} lines\n")
