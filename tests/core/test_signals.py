"""Signals are heard while a block lasts, and the old handlers are back afterwards."""

import signal
from collections.abc import Iterator

import pytest

from zosimos.core.signals import heard


@pytest.fixture
def earlier() -> Iterator[list[int]]:
    """Have a handler of SIGTERM before the block, and give what it heard."""
    numbers: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: numbers.append(number))
    yield numbers
    signal.signal(signal.SIGTERM, before)


def test_a_signal_is_heard_in_the_block_and_by_the_old_handler_after_it(earlier: list[int]) -> None:
    inside: list[int] = []
    with heard(["SIGTERM", "SIGNONE"], inside.append):
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
    assert (len(inside), len(earlier)) == (2, 0)
    signal.raise_signal(signal.SIGTERM)
    assert (len(inside), len(earlier)) == (2, 1)


def test_a_second_signal_does_what_it_always_did(earlier: list[int]) -> None:
    inside: list[int] = []
    with heard(["SIGTERM"], inside.append, once=True):
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
    assert (len(inside), len(earlier)) == (1, 1)


def test_the_old_handlers_are_back_after_an_error(earlier: list[int]) -> None:
    with pytest.raises(KeyError), heard(["SIGTERM"], lambda _: None):
        raise KeyError
    signal.raise_signal(signal.SIGTERM)
    assert len(earlier) == 1
