"""Who and what took part: people as the record names them, software by version, devices as they say who they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zosimos.campaign.export.entities import Entity, local, moment, references
from zosimos.campaign.ledger.events import Event, artifact_names

_NO_PERSON = frozenset({"", "zosimos", "probe"})  # names under which the program itself acts
_MACHINE = "machine"
_DEVICE = {"maker": "manufacturer", "model": "model", "serial": "serialNumber", "firmware": "softwareVersion"}


@dataclass
class Provenance:
    """What the events tell about those who took part.

    ``creator`` is who started the campaign, ``tellers`` who told the result of an experiment, ``software`` the sets of
    versions that sessions ran on, ``running`` the place of the latest in it, ``programs`` that of the one in use at the
    end of an experiment, ``began`` when the laboratory was ready, ``artifacts`` what events name, ``raw`` what those of
    an experiment name.
    """

    creator: str = ""
    people: set[str] = field(default_factory=set)
    tellers: dict[str, str] = field(default_factory=dict)
    software: list[Mapping[str, str]] = field(default_factory=list)
    running: int = 0
    programs: dict[str, int] = field(default_factory=dict)
    prepared: Mapping[str, Any] = field(default_factory=dict)
    began: str = ""
    artifacts: set[str] = field(default_factory=set)
    raw: dict[str, set[str]] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        """Take in the next event."""
        body = event.body
        named = list(artifact_names(body))
        self.artifacts.update(named)
        person = _person(event)
        if person:
            self.people.add(person)
        if event.kind in ("campaign.created", "session.opened"):
            self._started(body.get("versions"))
        if event.kind == "campaign.created":
            self.creator = person
        elif event.kind == "lab.prepared" and isinstance(body.get("found"), Mapping):
            self.prepared, self.began = body["found"], event.at
        experiment = body.get("experiment")
        if isinstance(experiment, str):
            if named:
                self.raw.setdefault(experiment, set()).update(named)
            if event.kind in ("observation.told", "experiment.measured", "experiment.failed") and person:
                self.tellers[experiment] = person
            self.programs[experiment] = self.running

    def _started(self, versions: Any) -> None:
        found = {str(name): str(item) for name, item in versions.items()} if isinstance(versions, Mapping) else {}
        if found not in self.software:
            self.software.append(found)
        self.running = self.software.index(found)

    def agent(self, experiment: str) -> str:
        """Return who did an experiment, or had it done; empty if the record names nobody."""
        return self.tellers.get(experiment, self.creator)

    def program(self, experiment: str = "") -> str:
        """Return the identifier of the Zosimos that was in use at the end of an experiment, or of the campaign."""
        return _program(self.programs.get(experiment, self.running))


def person_id(name: str) -> str:
    """Return a person's identifier."""
    return local("person", name)


def people(found: Provenance) -> list[Entity]:
    """Return the people that the record names, by nothing but the names in it."""
    return [{"@id": person_id(name), "@type": "Person", "name": name} for name in sorted(found.people)]


def software(found: Provenance) -> list[Entity]:
    """Return each version of Zosimos that ran the campaign, with what it ran on."""
    entities: list[Entity] = []
    for number, versions in enumerate(found.software or [{}]):
        parts = [
            {
                "@id": local("software", name, item),
                "@type": "SoftwareApplication",
                "name": name,
                "softwareVersion": item,
            }
            for name, item in sorted(versions.items())
            if name not in ("zosimos", _MACHINE)
        ]
        main: Entity = {"@id": _program(number), "@type": "SoftwareApplication", "name": "Zosimos"}
        if "zosimos" in versions:
            main["softwareVersion"] = versions["zosimos"]
        if parts:
            main["softwareRequirements"] = references(parts)
        if versions.get(_MACHINE):
            main["operatingSystem"] = versions[_MACHINE]
        entities += [main, *parts]
    return entities


def laboratory(found: Provenance) -> list[Entity]:
    """Return the devices as they said who they are, and the act of making them ready; none if nothing was recorded."""
    identities = found.prepared.get("identities")
    if not isinstance(identities, Mapping) or not identities:
        return []
    devices = [_device(str(name), identity) for name, identity in sorted(identities.items())]
    ready = {
        "@id": "#laboratory",
        "@type": "Action",
        "name": "Preparation of the laboratory",
        "description": "The devices were asked who they are, and made ready.",
        "endTime": moment(found.began),
        "instrument": references(devices),
    }
    return [ready, *devices]


def _device(name: str, identity: Any) -> Entity:
    facts = identity if isinstance(identity, Mapping) else {}
    facts_of = {word: str(facts[key]) for key, word in _DEVICE.items() if facts.get(key)}
    return {"@id": local("device", name), "@type": "IndividualProduct", "name": name, **facts_of}


def _program(number: int) -> str:
    """Return the identifier of Zosimos as one or more sessions ran it: with other packages, it is another one."""
    return local("zosimos") if number == 0 else local("zosimos", str(number + 1))


def _person(event: Event) -> str:
    """Return the person who acts in an event, as it names them; empty if it is nobody."""
    by = event.body.get("by")
    name = by.get("name") if isinstance(by, Mapping) else None
    if event.kind.startswith("advice.") and event.body.get("kind", "person") != "person":
        return ""
    return name if isinstance(name, str) and name not in _NO_PERSON else ""
