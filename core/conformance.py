"""Checks of a conformance kit: each has a name and reports by itself, so that a test runner shows which one failed.

A kit is a function that returns the checks of what an author wrote, by name. In pytest each becomes a test of its own::

    CHECKS = dict(lab_checks(make_my_lab, CAMPAIGN))

    @pytest.mark.parametrize("name", CHECKS)
    def test_my_lab(name):
        CHECKS[name]()

The idea follows scikit-learn's ``parametrize_with_checks``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple


class Check(NamedTuple):
    """One check of a kit: its name, and what does it; calling it raises AssertionError where the contract is broken.

    >>> check = Check("it repeats", lambda: None)
    >>> str(check), check()
    ('it repeats', None)
    """

    name: str
    run: Callable[[], None]

    def __call__(self) -> None:
        """Do the check."""
        self.run()

    def __str__(self) -> str:
        """Return its name."""
        return self.name


def run_all(checks: Iterable[Check]) -> None:
    """Run checks one after the other; the first that fails is named.

    Raises:
        AssertionError: a check failed, in whatever way; says which and why.

    >>> run_all([Check("it repeats", lambda: None)])
    """
    for name, run in checks:
        try:
            run()
        except Exception as error:
            raise AssertionError(f"{name}: {str(error) or type(error).__name__}") from error
