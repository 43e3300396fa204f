"""Lists of exceptions to a rule that may only shrink: the one way in which tests of shape let something pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class Exceptions:
    """What breaks a rule and may, for now, each entry with its reason.

    An entry that does not break the rule any more fails, so the list holds nothing that is not needed. ``at_most`` is
    how many there may be: it goes down with the list, and a change that puts it up is seen as what it is.

    >>> Exceptions({"a": "reached by name only"}, at_most=1).check({"a"}, "use it")
    >>> Exceptions({}, at_most=0).check({"b"}, "use it")
    Traceback (most recent call last):
    AssertionError: use it: b
    >>> Exceptions({"a": "reached by name only"}, at_most=1).check((), "use it")
    Traceback (most recent call last):
    AssertionError: not needed any more, take it off the list and lower at_most: a
    >>> Exceptions({"a": ""}, at_most=1)
    Traceback (most recent call last):
    ValueError: an exception needs a reason: a
    >>> Exceptions({}, at_most=1)
    Traceback (most recent call last):
    ValueError: there are 0 exceptions: at_most must be that, but is 1
    """

    def __init__(self, reasons: Mapping[str, str], *, at_most: int) -> None:
        bare = sorted(name for name, reason in reasons.items() if not reason.strip())
        if bare:
            raise ValueError(f"an exception needs a reason: {', '.join(bare)}")
        if len(reasons) != at_most:
            raise ValueError(f"there are {len(reasons)} exceptions: at_most must be that, but is {at_most}")
        self.reasons = dict(reasons)

    def __contains__(self, name: str) -> bool:
        return name in self.reasons

    def check(self, found: Iterable[str], remedy: str) -> None:
        """Check that exactly the listed things break the rule.

        Args:
            found: what breaks the rule.
            remedy: says what to do about one that is not listed.

        Raises:
            AssertionError: one breaks it and is not listed, or one is listed and does not break it.
        """
        broken = set(found)
        new = sorted(broken - self.reasons.keys())
        if new:
            raise AssertionError(f"{remedy}: {', '.join(new)}")
        over = sorted(self.reasons.keys() - broken)
        if over:
            raise AssertionError(f"not needed any more, take it off the list and lower at_most: {', '.join(over)}")
