"""A motion of the simulated Cavro pump: where the plunger is while an operation is under way.

It is cut into slices that are counted from its own start, so that what is where never depends on who looked when.
"""

from __future__ import annotations

from dataclasses import dataclass

from zosimos.instruments.devices.cavro.program import Operation

_SLICE_S = 0.25


@dataclass
class Motion:
    """An operation under way: when it began and ends, and between which plunger positions (increments)."""

    operation: Operation
    began: float
    ends: float
    origin: int
    target: int
    port: int
    done: int = 0  # slices carried out

    def at(self, now: float) -> int:
        """Return the plunger's position at a time."""
        if now >= self.ends or self.ends <= self.began:
            return self.target
        return self.origin + int((self.target - self.origin) * (now - self.began) / (self.ends - self.began))

    def next_slice(self) -> float:
        """Return when the next slice is over; what moves no plunger has but one."""
        if self.origin == self.target:
            return self.ends
        return round(min(self.ends, self.began + (self.done + 1) * _SLICE_S), 9)
