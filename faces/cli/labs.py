"""Simulated labs as ports: serve one, so that any program can talk to its devices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from zosimos.core.errors import SpecError
from zosimos.faces.cli import screen
from zosimos.faces.cli.context import Json

app = typer.Typer(help="Simulated labs.", no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def _root() -> None:
    """Keep the commands a group, although there is one so far."""


@app.command()
def serve(
    lab: Annotated[str, typer.Argument(metavar="LAB", help="The lab's name, such as colour.", show_default=False)],
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
    json: Json = False,
) -> None:
    """Serve every device of a simulated lab on a TCP port of its own, until interrupted."""
    import asyncio
    import contextlib

    from zosimos.instruments.rig import rig_maker
    from zosimos.instruments.serve import serve as serving

    host, port = _address(tcp)
    if not 0 < time_scale <= 1e5:
        raise SpecError("no such time scale", field="--time-scale", value=time_scale, allowed="above 0, at most 1e5")
    make = rig_maker(lab)

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
