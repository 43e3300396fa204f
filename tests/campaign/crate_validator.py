"""Validate crates with roc-validator and no network; run by a Python that has roc-validator and rocrate.

    python crate_validator.py PROFILE SEVERITY CRATE...

What it wants from the network are JSON-LD contexts of RO-Crate: they are answered from the one that rocrate brings.
Writes one line for each issue; the exit code is 1 if there is any.
"""

from __future__ import annotations

import importlib.resources
import socket
import sys
from typing import Any


def no_network(*_: object) -> None:
    raise OSError("there is no network in tests")


def answer_from_here() -> None:
    """Let every request of the process be answered from the context that rocrate brings, and none leave it."""
    import requests

    context = importlib.resources.files("rocrate").joinpath("data/ro-crate.jsonld").read_bytes()

    def answered(self: requests.Session, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        url = request.url or ""
        known = url.startswith(("https://w3id.org/ro/crate/", "https://www.researchobject.org/ro-crate/"))
        if not known:
            sys.stderr.write(f"asked for {url}, which is not there\n")
        response = requests.Response()
        response.request, response.url = request, url
        response.status_code = 200 if known else 404
        response.headers["Content-Type"] = "application/ld+json"
        response._content = context if known else b""
        return response

    requests.Session.send = answered  # type: ignore[assignment,method-assign]  # that is the point
    socket.socket.connect = no_network  # type: ignore[assignment,method-assign]  # whatever a library tries


def main(profile: str, severity: str, *crates: str) -> int:
    answer_from_here()
    from rocrate_validator import services
    from rocrate_validator.models import Severity, ValidationSettings

    found = 0
    for crate in crates:
        settings = ValidationSettings(
            rocrate_uri=crate,
            profile_identifier=profile,
            requirement_severity=Severity.get(severity),
            no_cache=True,
        )
        for issue in services.validate(settings).get_issues():
            found += 1
            sys.stdout.write(f"{crate}: {issue.severity.name} {issue.check.identifier}: {issue.message}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
