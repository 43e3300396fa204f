"""Simulated labs as ports: serve one, so that any program can talk to its devices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zosimos.core.errors import SpecError
from zosimos.faces.cli import screen
from zosimos.faces.cli.context import Json

if TYPE_CHECKING:
    from zosimos.instruments.rig import Maker

app = typer.Typer(help="Simulated labs.", no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def _root() -> None:
    """Keep the commands a group, although there is one so far."""


@app.command()
def serve(
    lab: Annotated[
        str, typer.Argument(metavar="LAB", help="A lab's name, such as colour, or a lab file.", show_default=False)
    ],
    tcp: Annotated[
        str, typer.Option("--tcp", metavar="HOST:PORT", help="Where the first device listens; the others follow.")
    ] = "127.0.0.1:7000",
    time_scale: Annotated[
        float, typer.Option("--time-scale", metavar="K", help="How much faster than real time the lab lives.")
    ] = 1.0,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed of the lab's noise.")] = 0,
    journal: Annotated[
        Path | None,
        typer.Option("--journal", metavar="FILE", help="Write down what is done, and go on from there next time."),
    ] = None,
    public: Annotated[
        bool,
        typer.Option(
            "--public", help="Let other machines in. There is no password: whoever reaches a port moves the devices."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Serve every device of a simulated lab, or of a lab file, on a TCP port of its own, until interrupted."""
    import asyncio
    import contextlib

    from zosimos.instruments.serve import serve as serving

    host, port = _address(tcp)
    _require_private(host, tcp, public=public)
    if not 0 < time_scale <= 1e5:
        raise SpecError("no such time scale", field="--time-scale", value=time_scale, allowed="above 0, at most 1e5")
    make = _maker(lab)

    def ready(urls: Mapping[str, str]) -> None:
        if json:
            screen.json_line({"lab": lab, "time_scale": time_scale, "devices": dict(urls)})
        else:
            screen.say(f"the lab {lab} is served, {time_scale:g} times as fast as real time; Ctrl-C ends it")
            screen.console().print(screen.facts(list(urls.items())))

    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(
            serving(lambda now: make(seed, now), host, port, time_scale=time_scale, journal=journal, ready=ready)
        )


def _require_private(host: str, tcp: str, *, public: bool) -> None:
    """Refuse to let other machines in unless that is meant, and say what it means.

    Raises:
        SpecError: the host is not this machine alone, and nobody said --public.
    """
    if _is_loopback(host):
        return
    means = "nothing asks for a password: whoever reaches the ports from the network can move the simulated devices"
    if not public:
        raise SpecError(
            f"{host} can be reached from other machines",
            field="--tcp",
            value=tcp,
            allowed="127.0.0.1, ::1 or localhost; another address only with --public",
            hint=f"add --public if that is meant: {means}",
        )
    screen.notice(f"served to the network at {tcp}: {means}")


def _is_loopback(host: str) -> bool:
    """Say whether only programs on this machine can reach an address."""
    import ipaddress
    import socket

    try:
        found = socket.getaddrinfo(host.strip("[]"), None)
    except (OSError, UnicodeError):  # a name that nobody knows here is not known to be this machine's
        return False
    return all(ipaddress.ip_address(str(place[0]).partition("%")[0]).is_loopback for *_, place in found)


def _maker(lab: str) -> Maker:
    """Return what makes the rig of an installed lab, or of a lab file.

    Raises:
        SpecError: there is neither, the file is wrong, or a device in it cannot be simulated.
    """
    from zosimos.campaign.definition import yaml
    from zosimos.core.plugins import offered
    from zosimos.core.validation import validated
    from zosimos.instruments.rig import GROUP, rig_maker
    from zosimos.workcell.labfile import LabFile
    from zosimos.workcell.simulation import all_simulated, make_rig

    path = Path(lab)
    if lab in offered(GROUP):
        return rig_maker(lab)
    if not path.exists():
        raise SpecError(
            f"there is no simulated rig {lab!r}, and no lab file of that name",
            field="LAB",
            value=lab,
            allowed=f"{', '.join(offered(GROUP))}, or the path of a lab file",
            hint="correct the name or the path, or install the package that brings the lab",
        )
    file = all_simulated(validated(LabFile, yaml.parse(yaml.read_text(path), str(path)), "lab file"))
    make_rig(file, 0, lambda: 0.0)  # what is wrong is said before a port is opened
    return lambda seed, now: make_rig(file, seed, now)


def _address(text: str) -> tuple[str, int]:
    found = re.fullmatch(r"(.+):([0-9]{1,5})", text)
    if found is None or int(found[2]) > 65_000:
        raise SpecError(
            "no such address",
            field="--tcp",
            value=text,
            allowed="HOST:PORT, such as 127.0.0.1:7000",
            hint="port 0: any",
        )
    return found[1], int(found[2])
