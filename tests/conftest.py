"""What all tests share: property tests draw the same examples each time and have no deadline; packages to install.

Files of tests that take long come first, so that none of them is what everybody waits for in the end.
"""

import importlib
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from zosimos.core import plugins

ROOT = Path(__file__).resolve().parent.parent
LONGEST = tuple(
    ROOT / "tests" / name
    for name in (
        "plugins/test_installed_plugins.py",
        "test_docs.py",
        "bench/test_bench.py",
        "campaign/test_report_figures.py",
        "faces/test_supervise.py",
        "faces/test_random_weeks.py",
        "campaign/record/test_event_folds.py",
        "faces/test_labs.py",
        "faces/test_screen.py",
        "bench/test_scale.py",
        "faces/test_first_week.py",
    )
)
"""Files of tests that take more than ten seconds of a processor, the longest first (measured in November 2026)."""

settings.register_profile(
    "zosimos", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("zosimos")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # tests begun in the background of a shell inherit that, and so would the commands that they interrupt
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first; all others stay in their order."""
    places = {path: place for place, path in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture
def install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, str, Mapping[str, Mapping[str, str]]], None]]:
    """Give a function that installs a package for one test: its name, its module's code, its entry points by group.

    The module has the package's name, with underscores. The package is found by its metadata, as any installed one is.
    """
    modules: list[str] = []

    def install(package: str, code: str, groups: Mapping[str, Mapping[str, str]]) -> None:
        module = package.replace("-", "_")
        site = tmp_path / f"site-{package}"
        info = site / f"{module}-1.0.dist-info"
        info.mkdir(parents=True)
        (site / f"{module}.py").write_text(code, encoding="utf-8")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
        points = "".join(
            f"[{group}]\n" + "".join(f"{name} = {module}:{attribute}\n" for name, attribute in own.items())
            for group, own in groups.items()
        )
        (info / "entry_points.txt").write_text(points, encoding="utf-8")
        monkeypatch.syspath_prepend(site)
        modules.append(module)
        _look_again()

    yield install
    monkeypatch.undo()
    for module in modules:
        sys.modules.pop(module, None)
    _look_again()


def _look_again() -> None:
    """Forget which packages are installed."""
    importlib.invalidate_caches()
    plugins._loaded.cache_clear()
    plugins.points.cache_clear()
    plugins.offered.cache_clear()
