"""Docs are checked against the code: commands run, commands and fields are documented, links lead somewhere."""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from pydantic import BaseModel

from zosimos.campaign.definition import model

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")])
EXIT = re.compile(r"\s+# exits? (\d+)$")
SHELL = re.compile(r"[|&;<>$`*?~]")


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[str]:
    return [line[2:] for block in blocks(page, "console") for line in block.splitlines() if line.startswith("$ ")]


def run_cell(code: str, where: str, names: dict[str, Any]) -> None:
    """Run a block as a notebook runs a cell: one that awaits runs in an event loop."""
    compiled = compile(code, where, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    if compiled.co_flags & inspect.CO_COROUTINE:

        async def cell() -> None:
            await FunctionType(compiled, names)()

        asyncio.run(cell())
    else:
        exec(compiled, names)


def specs() -> Iterator[type[BaseModel]]:
    for item in vars(model).values():
        if (
            isinstance(item, type)
            and issubclass(item, model.Part | model.LabSpec)
            and not item.__name__.startswith("_")
        ):
            yield item


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=lambda page: page.name)
def test_every_command_on_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONUTF8", "1")
    for command in commands(page):
        expected = EXIT.search(command)
        code = carried_out(EXIT.sub("", command))
        shown = capfd.readouterr()
        assert code == (int(expected[1]) if expected else 0), f"$ {command}\n{shown.out[-2000:]}{shown.err[-2000:]}"


def carried_out(command: str) -> int:
    """Carry a line out and return its exit code: in this process unless it needs a shell, as a start takes seconds."""
    from zosimos.faces.cli import main

    if SHELL.search(command) or not command.startswith("zosimos "):
        return subprocess.run(["bash", "-c", command], stdin=subprocess.DEVNULL, timeout=240, check=False).returncode
    with Path(os.devnull).open(encoding="utf-8") as nothing, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", nothing)
        return main(shlex.split(command, comments=True)[1:])


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_the_python_of_a_page_runs_from_top_to_bottom(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "page"}
    cells = blocks(ROOT / page, "python")
    assert cells
    for number, code in enumerate(cells, 1):
        run_cell(code, f"{page}, block {number}", names)


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/notebooks/*.ipynb")), ids=lambda path: path.name)
def test_a_notebook_runs_from_top_to_bottom(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not [cell for cell in notebook.cells if cell.get("outputs")], "a notebook is kept without its outputs"
    client = NotebookClient(notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": tmp_path}})
    client.execute()
    assert any(cell.get("outputs") for cell in notebook.cells)


def test_every_field_of_the_campaign_file_is_documented() -> None:
    text = (ROOT / "docs" / "campaign-file.md").read_text(encoding="utf-8")
    for part in specs():
        for name in part.model_fields:
            assert re.search(rf"\b{name}\b", text), f"{part.__name__}.{name} is not in docs/campaign-file.md"


def test_every_command_is_in_the_architecture_table_or_the_guide() -> None:
    from typer.main import get_command

    from zosimos.faces.cli.commands import app

    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for name in get_command(app).commands:  # type: ignore[attr-defined]
        assert f"zosimos {name}" in text or f"`{name}" in text, f"{name} is not documented"


def test_yaml_in_the_docs_is_valid_where_it_is_a_whole_campaign() -> None:
    from zosimos.campaign.definition import yaml
    from zosimos.campaign.definition.read import parse_spec

    whole = 0
    for page in PAGES:
        for block in blocks(page, "yaml"):
            data = yaml.parse(block, page.name)
            if "name" in data:
                parse_spec(data)
                whole += 1
    assert whole


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


def test_make_targets_named_in_the_docs_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in PAGES:
        for target in re.findall(r"\bmake (?!(?:it|the)\b)([a-z][a-z-]+)\b", page.read_text(encoding="utf-8")):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page.name} speaks of make {target}"


def test_nothing_in_the_repository_is_an_empty_promise() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    rooms = ("core", "campaign", "planners", "surrogates", "instruments", "analysis", "agent", "faces", "labs")
    for room in rooms:
        for file in (ROOT / room).rglob("*.py"):
            assert not words.search(file.read_text(encoding="utf-8")), file


def test_whatever_is_done_by_hand_in_a_terminal_has_its_line_for_python() -> None:
    import typer.main

    from zosimos.faces.cli.commands import app

    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    rows = "\n".join(line for line in page.splitlines() if line.startswith("| `"))
    every = {"--json", "--ledger", "--help", "--output", "--yes"}
    panels = ("Work by hand", "Look at results", "Mend a mistake", "Change what comes next")
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]  # a group has them
        if command.rich_help_panel in panels:
            assert re.search(rf"(zosimos |`){name}\b", rows), name
            for option in {text for one in command.params for text in one.opts if text.startswith("--")} - every:
                assert f"{option}`" in rows or f"{option} " in rows, f"{name} {option}"
