"""The rooms are real folders at the root and `zosimos.<room>` to Python: in archives, in checkouts, without links."""

import ast
import configparser
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS = sorted(set(PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["sources"]) - {"src"})
OWN = ("__init__.py", "py.typed", "_moved.py", "testing.py")  # what `src/zosimos/` holds besides the links
LINKS = {path.name for path in (ROOT / "src/zosimos").iterdir() if path.is_symlink()}

# What lies about in a working tree and must reach nobody. Git ignores each.
LITTER = [
    "core/__pycache__/litter.cpython-311.pyc",
    "core/litter.pyc",
    "faces/litter.lock",
    "labs/litter.db",
    "labs/litter.db-wal",
    "planners/.mypy_cache/litter.json",
    "planners/reports/litter.html",
    "campaign/build/litter.txt",
    "src/zosimos/litter.db",
]
PACKAGE_DATA = "labs/package_data_for_the_test.csv"
NOT_COPIED = (".git", ".venv", ".*-env", ".*_cache", ".hypothesis", "__pycache__", "*.py[co]", "*.db", "*.db-*")
NOT_COPIED += ("*.lock", "*.egg-info", "dist", "build", "reports")


@dataclass(frozen=True)
class Archives:
    """One working tree with litter in it, and what was built from it: file name -> content."""

    tree: Path
    wheel: Path
    wheel_files: dict[str, bytes]
    sdist_files: dict[str, bytes]
    wheel_from_sdist_files: dict[str, bytes]

    def wheel_metadata(self, name: str) -> str:
        (path,) = [path for path in self.wheel_files if path.endswith(f".dist-info/{name}")]
        return self.wheel_files[path].decode()


def build(source: Path, out: Path, *kinds: str) -> None:
    # Not run from the root: a folder named build/ there would hide the module.
    command = [sys.executable, "-m", "build", "--no-isolation", *kinds, "--outdir", str(out), str(source)]
    out.mkdir()
    done = subprocess.run(command, cwd=out, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr


def wheel_content(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def sdist_content(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        files = {member.name.partition("/")[2]: archive.extractfile(member) for member in archive.getmembers()}
        return {name: file.read() for name, file in files.items() if file is not None}


def copy_tree(target: Path) -> Path:
    shutil.copytree(ROOT, target, symlinks=True, ignore=shutil.ignore_patterns(*NOT_COPIED))
    return target


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Archives:
    base = tmp_path_factory.mktemp("packaging")
    tree = copy_tree(base / "tree")
    for name in [*LITTER, PACKAGE_DATA]:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("litter\n", encoding="utf-8")
    build(tree, base / "out", "--sdist", "--wheel")
    (wheel,) = (base / "out").glob("*.whl")
    (sdist,) = (base / "out").glob("*.tar.gz")
    sdist_files = sdist_content(sdist)
    for name, content in sdist_files.items():
        (base / "unpacked" / name).parent.mkdir(parents=True, exist_ok=True)
        (base / "unpacked" / name).write_bytes(content)
    build(base / "unpacked", base / "again", "--wheel")
    (wheel_again,) = (base / "again").glob("*.whl")
    return Archives(
        tree=tree,
        wheel=wheel,
        wheel_files=wheel_content(wheel),
        sdist_files=sdist_files,
        wheel_from_sdist_files=wheel_content(wheel_again),
    )


def files_of_rooms(tree: Path) -> set[str]:
    found = {path.relative_to(tree).as_posix() for room in ROOMS for path in (tree / room).rglob("*") if path.is_file()}
    return found - set(LITTER)


def run_python(code: str, path: Path, cwd: Path) -> str:
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


# --- archives ---


@pytest.mark.slow
def test_wheel_holds_each_file_of_each_room_and_nothing_else(archives: Archives) -> None:
    expected = {f"zosimos/{name}" for name in files_of_rooms(archives.tree)}
    expected |= {f"zosimos/{name}" for name in OWN}
    assert PACKAGE_DATA in {name.removeprefix("zosimos/") for name in expected}
    assert {name for name in archives.wheel_files if ".dist-info/" not in name} == expected


@pytest.mark.slow
def test_sdist_holds_each_file_of_each_room_at_the_root_and_no_links(archives: Archives) -> None:
    names = set(archives.sdist_files)
    assert files_of_rooms(archives.tree) <= names
    assert {"LICENSE", "Makefile", "README.md", "constraints.txt", "pyproject.toml", "tests/test_packaging.py"} <= names
    assert {name for name in names if name.startswith("src/")} == {f"src/zosimos/{name}" for name in OWN}


@pytest.mark.slow
def test_wheel_from_the_sdist_equals_wheel_from_the_tree(archives: Archives) -> None:
    assert archives.wheel_from_sdist_files == archives.wheel_files


@pytest.mark.slow
def test_no_archive_ships_what_git_ignores(archives: Archives) -> None:
    names = [*archives.wheel_files, *archives.sdist_files, *archives.wheel_from_sdist_files]
    assert not [name for name in names if "litter" in name or "__pycache__" in name or name.endswith(".pyc")]


@pytest.mark.slow
def test_wheel_declares_the_entry_points_and_holds_what_they_name(archives: Archives) -> None:
    parser = configparser.ConfigParser(delimiters=("=",))
    parser.optionxform = str  # type: ignore[method-assign,assignment]  # names keep their case
    parser.read_string(archives.wheel_metadata("entry_points.txt"))
    declared = {group: dict(parser[group]) for group in parser.sections()}
    project = PYPROJECT["project"]
    assert declared == {"console_scripts": project["scripts"], **project["entry-points"]}
    for target in [target for group in declared.values() for target in group.values()]:
        module = target.partition(":")[0].replace(".", "/")
        assert {f"{module}.py", f"{module}/__init__.py"} & set(archives.wheel_files), target


@pytest.mark.slow
def test_wheel_carries_the_licence(archives: Archives) -> None:
    assert "Apache License" in archives.wheel_metadata("licenses/LICENSE")
    assert "License-Expression: Apache-2.0" in archives.wheel_metadata("METADATA")


@pytest.mark.slow
def test_wheel_imports_by_itself(archives: Archives, tmp_path: Path) -> None:
    code = "; ".join(["import zosimos.testing", *(f"import zosimos.{room}" for room in ROOMS), "zosimos.Campaign"])
    with zipfile.ZipFile(archives.wheel) as wheel:
        wheel.extractall(tmp_path / "site")
    place = run_python(f"{code}; print(zosimos.core.__file__)", tmp_path / "site", tmp_path)
    assert Path(place) == tmp_path / "site/zosimos/core/__init__.py"


# --- checkouts ---


def test_every_list_of_rooms_is_the_same() -> None:
    build_table = PYPROJECT["tool"]["hatch"]["build"]
    layers = PYPROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    makefile = re.search(r"^ROOMS := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert makefile is not None
    assert makefile[1].split() == ROOMS
    assert sorted(build_table["targets"]["wheel"]["only-include"]) == sorted([*ROOMS, "src/zosimos"])
    assert build_table["exclude"] == [f"/src/zosimos/{room}" for room in ROOMS]
    assert sorted(name.removeprefix("zosimos.") for layer in layers for name in layer.split(" | ")) == ROOMS


@pytest.mark.skipif(not LINKS, reason="this checkout has no symbolic links")
def test_each_room_has_a_link_and_each_link_a_room() -> None:
    assert sorted(LINKS) == ROOMS
    for room in ROOMS:
        assert (ROOT / "src/zosimos" / room).readlink() == Path("../..", room)


@pytest.mark.parametrize("room", ROOMS)
def test_room_says_what_it_is_for(room: str) -> None:
    module = ast.parse((ROOT / room / "__init__.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(module)


@pytest.mark.slow
@pytest.mark.parametrize("left", ["nothing", "a text file"])
def test_rooms_import_from_a_clone_without_links(left: str, tmp_path: Path) -> None:
    """Git leaves a small text file where it may not make a link; an unpacked sdist has nothing there."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    package = tmp_path / "src/zosimos"
    package.mkdir(parents=True)
    for name in OWN:
        shutil.copy(ROOT / "src/zosimos" / name, package)
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns(*NOT_COPIED))
        if left == "a text file":
            (package / room).write_text(f"../../{room}", encoding="utf-8")
    code = "import zosimos.core; zosimos.Optimizer; zosimos.testing.Check; print(zosimos.core.__file__)"
    place = run_python(code, tmp_path / "src", tmp_path / "src")
    assert Path(place) == tmp_path / "core/__init__.py"
