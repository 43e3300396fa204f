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
    "openai",
    "pandas",
    "plotly",
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


def loaded_by(code: str) -> set[str]:
    """Top-level names of all modules that a fresh interpreter holds after running `code`."""
    report = "\nimport sys; print('LOADED', *{name.partition('.')[0] for name in sys.modules})"
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
    loaded = loaded_by("import zosimos; zosimos.__version__")
    assert "zosimos" in loaded
    assert not loaded & (HEAVY | {"numpy", "pydantic"})


@pytest.mark.parametrize("code", ["import zosimos.faces.cli", ASK_FOR_HELP], ids=["import", "--help"])
def test_the_command_line_loads_nothing_heavy_before_it_works(code: str) -> None:
    loaded = loaded_by(code)
    assert "zosimos" in loaded
    assert not loaded & HEAVY
