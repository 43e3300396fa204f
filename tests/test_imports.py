"""Importing the package or asking for help must stay light: heavy libraries load when they are first needed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {
    "botorch",
    "gpytorch",
    "httpx",
    "langchain",
    "langchain_core",
    "langchain_openai",
    "langgraph",
    "mcp",
    "openai",
    "openpyxl",
    "pandas",
    "matplotlib",
    "scipy",
    "sklearn",
    "sqlalchemy",
    "torch",
}
ASK_FOR_HELP = """
import sys
sys.argv = ["zosimos", "--help"]
from zosimos.faces.cli import main
try:
    main()
except SystemExit as done:
    assert not done.code, done.code
"""


LOOK_AND_TELL = """
import sys
from pathlib import Path
from zosimos.faces.cli import main
assert main({command!r}) == 0
"""
BY_HAND = """
name: by hand
space: {x: {min: 0, max: 1}, t: {min: 20, max: 80, unit: degC}, v: {min: 1, max: 5, unit: mL/min}}
objectives: {y: {goal: max, unit: mg/mL}}
planner: {kind: sobol}
budget: {experiments: 10}
constraints: ["x <= 0.9"]
"""
# What only running and planning need, and units that not everybody knows.
UNUSED = {
    "pint",
    "psutil",
    "zosimos.campaign.execution.session",
    "zosimos.instruments",
    "zosimos.planners.planner",
    "zosimos.planners.proposers",
    "zosimos.surrogates.committee",
    "zosimos.surrogates.gaussian",
    "zosimos.workcell",
}


def loaded_by(code: str) -> set[str]:
    """Names of all modules that a fresh interpreter holds after running `code`."""
    report = "\nimport sys; print('LOADED', *sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code + report],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert answer.returncode == 0, answer.stderr
    return set(answer.stdout.rpartition("LOADED ")[2].split())


def test_importing_zosimos_loads_nothing_heavy() -> None:
    loaded = loaded_by("import zosimos; zosimos.__all__")
    assert "zosimos" in loaded
    assert not loaded & (HEAVY | {"numpy", "pydantic", "importlib.metadata"})


@pytest.mark.slow
@pytest.mark.parametrize("code", ["import zosimos.faces.cli", ASK_FOR_HELP], ids=["import", "--help"])
def test_the_command_line_loads_nothing_heavy_before_it_works(code: str) -> None:
    loaded = loaded_by(code)
    assert "zosimos" in loaded
    assert not loaded & HEAVY


@pytest.mark.slow
def test_looking_and_telling_load_nothing_that_runs_or_plans(tmp_path: Path) -> None:
    """They are typed many times a day, and are to answer within a second."""
    from zosimos.faces.cli import main

    ledger = ["--ledger", str(tmp_path / "ledger.db")]
    campaign, results = tmp_path / "campaign.yaml", tmp_path / "results.csv"
    campaign.write_text(BY_HAND)
    results.write_text("experiment,y\ne0001,0.5\n")
    assert main(["ask", str(campaign), "-n", "2", *ledger]) == 0
    for command in (["status", "last"], ["tell", "last", str(results)], ["list"], ["approvals"], ["show", "last"]):
        loaded = loaded_by(LOOK_AND_TELL.format(command=[*command, *ledger]))
        assert "sqlalchemy" in loaded
        assert not loaded & ((HEAVY | UNUSED) - {"sqlalchemy"}), command


@pytest.mark.slow
def test_a_first_ask_loads_no_statistics_and_one_with_a_model_no_torch(tmp_path: Path) -> None:
    """Each takes half a second or more to import, and nothing of them is needed."""
    from zosimos.faces.cli import main

    ledger = ["--ledger", str(tmp_path / "ledger.db")]
    campaign, results = tmp_path / "campaign.yaml", tmp_path / "results.csv"
    campaign.write_text(BY_HAND.replace("planner: {kind: sobol}", "planner: {start: 3}"))
    results.write_text("experiment,y\ne0001,0.5\ne0002,0.9\ne0003,0.2\n")
    without = loaded_by(LOOK_AND_TELL.format(command=["ask", str(campaign), "-n", "3", *ledger]))
    assert "zosimos.planners.proposers.sobol" in without
    assert not without & (HEAVY - {"scipy", "sqlalchemy"} | {"scipy.stats"})
    assert main(["tell", "last", str(results), *ledger]) == 0
    with_model = loaded_by(LOOK_AND_TELL.format(command=["ask", "last", *ledger]))
    assert "zosimos.planners.models.belief" in with_model
    assert not with_model & (HEAVY - {"scipy", "sqlalchemy"} | {"scipy.stats"})


def test_a_command_shows_life_before_the_commands_are_loaded() -> None:
    assert not {"typer", "pydantic", "zosimos.faces.cli.commands"} & loaded_by("from zosimos.faces.cli import main")


def test_a_command_that_ends_looks_for_no_garbage() -> None:
    code = ASK_FOR_HELP + "import atexit, gc; atexit._run_exitfuncs(); sys.exit(gc.get_freeze_count() < 1000)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
