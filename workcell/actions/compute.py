"""Compute: work out quantities from readings by an analysis method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import Field

from zosimos.analysis.methods import method
from zosimos.workcell.action import Action
from zosimos.workcell.computing import computed
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.protocol.known import Known
from zosimos.workcell.words import Key, Word


class Compute(Action):
    """Work out quantities from readings; each becomes a value, and a measurement if it is an objective."""

    method: Word
    using: dict[Key, Key] = Field(description="what the method calls it: what the protocol calls it")

    def check(self, known: Known) -> None:
        """Refuse an unknown method, and names that the method does not need or that nothing has by now."""
        found = method(self.method, f"{known.where}.method")
        for mine, theirs in self.using.items():
            known.need([theirs], f"using.{mine}")
        if set(self.using) != set(found.needs):
            given, needed = ", ".join(self.using), ", ".join(found.needs)
            raise known.wrong("using", f"{self.method} needs other names", given, needed)
        known.values.update({name: found.units.get(name) or None for name in found.gives})

    def measures(self) -> Mapping[str, str | None]:
        """Return what the method gives."""
        found = method(self.method)
        return {name: found.units.get(name) for name in found.gives}

    def takes(self) -> Iterator[tuple[str, str, str]]:
        """Yield what the method takes in a certain unit."""
        found = method(self.method)
        for mine, theirs in self.using.items():
            if mine in found.takes:
                yield f"using.{mine}", theirs, found.takes[mine]

    @property
    def by(self) -> str:
        """The method that gives them."""
        return f"the method {self.method}"

    async def run(self, at: StationRun) -> None:
        """Work them out."""
        inputs = {mine: at.values[theirs] for mine, theirs in self.using.items()}
        found = await at.work_out("compute", lambda: computed(self.method, inputs), {"method": self.method})
        for name, item in found.items():
            if isinstance(item, Mapping) and "value" in item:
                at.measured(name, item["value"], item.get("uncertainty"), item.get("u_shared"))
            else:
                at.values[name] = item
