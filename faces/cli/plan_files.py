"""The files of a plan: a lab file and a recipe that it starts from, and the one or two files that come of it.

Where a plan brings a recipe, it is written beside the campaign file. Both are written, or none.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zosimos.core.errors import DataError, SpecError
from zosimos.core.files import read_file
from zosimos.faces.cli.context import write_text

if TYPE_CHECKING:
    from zosimos.agent.plan import Plan
    from zosimos.agent.planning.ground import Ground

_ENDINGS = (".yaml", ".yml")


def is_lab_file(lab: str | None) -> bool:
    """Say whether a lab was named by its file, and not by its kind.

    >>> is_lab_file("colour"), is_lab_file("dilution/lab.yaml"), is_lab_file(None)
    (False, True, False)
    """
    return lab is not None and (lab.endswith(_ENDINGS) or "/" in lab or os.sep in lab)


def recipe_path(output: Path) -> Path:
    """Return where the recipe of a plan stands.

    >>> recipe_path(Path("plans/film.yaml")).as_posix()
    'plans/film.recipe.yaml'
    """
    return output.with_suffix(".recipe.yaml")


def recipe_beside(lab: str | None, protocol: Path | None, output: Path | None, *, force: bool) -> Path | None:
    """Return where the recipe that a plan brings is to be written; None where it brings none.

    Raises:
        SpecError: what was said does not go together.
        DataError: a file is there already.
    """
    if not is_lab_file(lab):
        if protocol is not None:
            raise SpecError(
                "a recipe goes with a lab file",
                field="--protocol",
                value=str(protocol),
                allowed="with --lab PATH.yaml",
                hint="name the lab file, too",
            )
        return None
    if protocol is not None:
        return None
    if output is None:
        raise SpecError(
            "a plan that brings a recipe is two files, and must be written",
            field="-o",
            allowed="a file's name, such as plan.yaml; the recipe is written beside it, to plan.recipe.yaml",
            hint="add -o plan.yaml, or name a recipe that is there: --protocol PATH.yaml",
        )
    found = recipe_path(output)
    require_new(found, force=force)
    return found


def keep_what_is_read(read: Iterable[str | Path | None], written: Iterable[Path | None]) -> None:
    """Refuse to write over a file that a plan rests on.

    Raises:
        DataError: one of the files is read.
    """
    kept = {Path(path).resolve() for path in read if path is not None}
    for path in written:
        if path is not None and path.resolve() in kept:
            raise DataError(f"the plan is made of {path}", field="-o", value=str(path), hint="write to another name")


def ground(lab: str | None, protocol: Path | None, output: Path | None) -> Ground | str | None:
    """Return what a plan is made for: a lab by its kind, or the ground of one that is made of files.

    Raises:
        InputError: a file cannot be read, or is wrong.
    """
    if lab is None or not is_lab_file(lab):
        return lab
    from zosimos.labs.workcell.planning.ground import ground_of

    folder = Path() if output is None else output.parent
    return ground_of(Path(lab), protocol, recipe_path(output or Path("plan.yaml")), folder)


def require_new(path: Path | None, *, force: bool) -> None:
    """Refuse to write over a file, unless that was said.

    Raises:
        DataError: it is there already.
    """
    if path is not None and path.exists() and not force:
        raise _is_there(path)


def write(output: Path, text: str, recipe: Path | None, recipe_text: str, *, force: bool) -> None:
    """Write a campaign file and, where a plan brings one, its recipe: both, or none.

    Raises:
        DataError: one is there already, or cannot be written.
    """
    if recipe is None or not recipe_text:
        _write(output, text, force=force)
        return
    before = read_file(recipe, "-o") if recipe.exists() else None
    _write(recipe, recipe_text, force=force)
    try:
        _write(output, text, force=force)
    except BaseException:
        if before is None:
            recipe.unlink(missing_ok=True)
        else:
            recipe.write_bytes(before)
        raise


def as_json(found: Plan, recipe: Path | None) -> dict[str, Any]:
    """Return what is said of a plan's recipe as JSON data; nothing where it has none."""
    if not found.steps:
        return {}
    return {"steps": list(found.steps), "recipe_file": None if recipe is None else str(recipe)}


def _write(path: Path, text: str, *, force: bool) -> None:
    try:
        write_text(path, text, new=not force)
    except FileExistsError as error:
        raise _is_there(path) from error


def _is_there(path: Path) -> DataError:
    return DataError(f"{path} is there already", field="-o", value=str(path), hint="another name, or --force")
