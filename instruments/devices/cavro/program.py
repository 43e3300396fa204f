"""Command strings of the Cavro pumps, parsed into operations.

Source: Tecan Cavro XLP 6000 operating manual 734237-C, command set. The table of S speeds is from general knowledge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

SPEEDS = (
    6000, 5600, 5000, 4400, 3800, 3200, 2600, 2200, 2000, 1800, 1600, 1400, 1200, 1000, 800, 600, 400, 200,
    190, 180, 170, 160, 150, 140, 130, 120, 110, 100, 90, 80, 70, 60, 50, 40, 30, 20, 18, 16, 14, 12, 10,
)  # fmt: skip
"""Half-steps per second of S0 to S40."""

RANGES = {
    "S": (0, 40),
    "V": (5, 6000),
    "v": (50, 1000),
    "c": (50, 2700),
    "L": (1, 20),
    "K": (0, 255),
    "k": (0, 255),
    "M": (0, 30000),
    "N": (0, 2),
    "J": (0, 7),
}
"""Operands that are the same for every model."""

_TOKEN = re.compile(r"([ZYW])(\d*(?:,\d*){0,2})|([AaPpDdIOSVvcLKkMNJHG])(\d*)|([BEg])")
_MOST_OPERATIONS = 10_000


class BadCommandError(ValueError):
    """The text holds something that is no command (error 2)."""


class BadOperandError(ValueError):
    """A command's number is out of range (error 3)."""


@dataclass(frozen=True)
class Operation:
    """One operation and its numbers."""

    name: str
    operands: tuple[int, ...] = ()


def parsed(text: str) -> list[Operation]:
    """Return a command string as operations, its loops unrolled.

    Raises:
        BadCommandError: something in it is no command.
        BadOperandError: a loop has no end.

    >>> [str(one.name) for one in parsed("gI2A10G3")]
    ['I', 'A', 'I', 'A', 'I', 'A']
    """
    operations: list[Operation] = []
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise BadCommandError(text[position:])
        position = found.end()
        if found[1]:
            numbers = tuple(int(part or 0) for part in found[2].split(","))
            operations.append(Operation(found[1], numbers))
        elif found[3]:
            operations.append(Operation(found[3], (int(found[4]),) if found[4] else ()))
        else:
            operations.append(Operation(found[5]))
    return _unrolled(operations)


def _unrolled(operations: Sequence[Operation]) -> list[Operation]:
    stack: list[list[Operation]] = [[]]
    for one in operations:
        if one.name == "g":
            stack.append([])
        elif one.name == "G":
            if len(stack) == 1 or not one.operands or one.operands[0] == 0:
                raise BadOperandError("a loop without a beginning or an end")
            body = stack.pop()
            if len(body) * one.operands[0] > _MOST_OPERATIONS:
                raise BadOperandError("too long a loop")
            stack[-1] += body * min(one.operands[0], _MOST_OPERATIONS)
        else:
            stack[-1].append(one)
    if len(stack) > 1:
        raise BadOperandError("a loop without an end")
    return stack[0]
