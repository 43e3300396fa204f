"""A campaign as an RO-Crate: the record itself, tables, the report, and what they are, in words that machines read.

Everything in it comes from the record, times included, so the same record gives the same bytes again. The layout serves
``.eln`` too: the files of a campaign are in one folder, which electronic notebooks take for one entry.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

from zosimos.campaign.control.tables import csv_pieces, export_parts
from zosimos.campaign.export.actions import actions, acts
from zosimos.campaign.export.entities import Entity, identifier, reference, references, unique
from zosimos.campaign.export.provenance import Provenance, laboratory, people, person_id, software
from zosimos.campaign.ledger.events import opened
from zosimos.campaign.ledger.safekeeping.copying import last_head, pages
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import Head
from zosimos.campaign.record.state import State
from zosimos.campaign.report import write_report
from zosimos.core.errors import DataError, InputError
from zosimos.core.writing import json_pieces

METADATA = "ro-crate-metadata.json"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
FOLDER = "campaign"
NO_LICENSE = "No licence was stated: ask whoever made the data before you use them."
_CONTEXT = ["https://w3id.org/ro/crate/1.1/context", {"sha256": "http://schema.org/sha256"}]


def write_crate(ledger: Ledger, state: State, folder: Path, license_: str = NO_LICENSE) -> None:
    """Write a campaign's crate into a folder that is there and empty.

    Args:
        ledger: where the campaign is.
        state: the campaign.
        folder: where to.
        license_: under what the data may be used: words or an address.

    Raises:
        LedgerError: the record cannot be read.
    """
    place = folder / FOLDER
    place.mkdir()
    found = Provenance()
    with ledger.reading(steady=True) as connection:
        through = state.seq if state.broken is None else last_head(connection, state.id).seq

        def lines() -> Iterator[str]:
            for page in pages(connection, state.id, 0, through):
                for seq, prev, hash_, text in page:
                    if seq <= state.seq:
                        found.add(opened(text, hash_))
                    row = {"campaign": state.id, "seq": seq, "prev": prev, "hash": hash_, "text": text}
                    yield json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n"

        kept = [_text(folder, "ledger.jsonl", lines(), "application/jsonl", "The record: each event with its hash")]
    table = _text(folder, "experiments.csv", csv_pieces(state), "text/csv", "All experiments, one a row")
    whole = chain(json_pieces(export_parts(state), sort_keys=True), ["\n"])
    kept += [table, _text(folder, "campaign.json", whole, "application/json", "The campaign with all experiments")]
    with suppress(InputError):  # the report is a view of what is here already
        report = write_report(state, Head(state.seq, state.head), place / "report.html")
        kept.append(_entity(folder, report, "text/html", "The report, for people"))
    artifacts = dict(_artifacts(ledger, state, found, folder))
    graph = _graph(state, found, [*kept, *artifacts.values()], actions(state, found, table, artifacts), license_)
    with (folder / METADATA).open("w", encoding="utf-8") as file:
        file.writelines(json_pieces({"@context": _CONTEXT, "@graph": graph}, sort_keys=True))
        file.write("\n")


def _graph(
    state: State, found: Provenance, kept: list[Entity], done: Iterator[Entity], license_: str
) -> Iterator[Entity]:
    """Yield all that a crate describes: first itself, then the campaign, then everything by its identifier."""
    lab = laboratory(found)
    entry = _entry(state, found, kept)
    profile = {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
    root: Entity = {
        "@id": "./",
        "@type": "Dataset",
        "name": state.spec.name,
        "description": _description(state),
        "identifier": f"urn:zosimos:{state.id}",
        "datePublished": state.at,
        "license": license_,
        "conformsTo": reference(profile),
        "hasPart": references([entry, *kept]),
        "mentions": chain(references(lab[:1]), acts(state)),
    }
    if found.creator:
        root["author"] = {"@id": person_id(found.creator)}
    descriptor = {
        "@id": METADATA,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "dateCreated": state.at,
        "sdPublisher": {"@id": found.program()},
        "version": "1.0",
    }
    others = sorted([profile, *kept, *people(found), *software(found), *lab], key=identifier)
    return chain([descriptor, root, entry], unique(others, done))


def _entry(state: State, found: Provenance, kept: list[Entity]) -> Entity:
    """Return the folder of the campaign, as a notebook's entry."""
    entry: Entity = {
        "@id": f"./{FOLDER}/",
        "@type": "Dataset",
        "name": state.spec.name,
        "description": _description(state),
        "text": f"<p>{html.escape(_description(state))}</p>",
        "genre": "experiment",
        "dateCreated": state.created_at,
        "dateModified": state.at,
        "hasPart": references(kept),
    }
    if found.creator:
        entry["author"] = {"@id": person_id(found.creator)}
    return entry


def _description(state: State) -> str:
    words = state.spec.description.strip() or f"A campaign to find the best {', '.join(state.spec.objectives)}"
    end = f"Campaign {state.id} of Zosimos, {state.status}, {state.used} experiments; head {state.seq}:{state.head}."
    return f"{words.rstrip('.')}. {end}"


def _artifacts(ledger: Ledger, state: State, found: Provenance, folder: Path) -> Iterator[tuple[str, Entity]]:
    """Write what events name, under names that are digests, and yield each name with what it is."""
    roles = {name: f"A data file of the campaign: {role}" for role, name in state.files.items()}
    source: Any = (state.source or {}).get("digest")
    if isinstance(source, str):
        roles[source] = "The campaign file"
    if found.artifacts:
        (folder / FOLDER / "artifacts").mkdir()
    for name in sorted(found.artifacts):
        path = folder / FOLDER / "artifacts" / name.removeprefix("sha256:")  # nothing but hexadecimal digits
        path.write_bytes(ledger.artifact(name))
        yield name, _entity(folder, path, "application/octet-stream", roles.get(name, "Raw data, which events name"))


def _text(folder: Path, name: str, parts: Iterator[str] | list[str], kind: str, description: str) -> Entity:
    path = folder / FOLDER / name
    try:
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(parts)
    except OSError as error:  # while the ledger is read, it would be taken for the ledger's
        raise DataError(
            f"cannot write {name} of the crate: {error.strerror}",
            field="-o",
            allowed="a place with room for the record and its files",
            hint="check the folder, its rights and the room on its disk",
        ) from error
    return _entity(folder, path, kind, description)


def _entity(folder: Path, path: Path, kind: str, description: str) -> Entity:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "@id": f"./{path.relative_to(folder).as_posix()}",
        "@type": "File",
        "name": path.name,
        "description": description,
        "encodingFormat": kind,
        "contentSize": str(path.stat().st_size),
        "sha256": digest,
    }
