"""Notebooks: what is known of a campaign or an experiment as a small HTML table, in plain markup and no scripts."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


def facts(title: str, pairs: Iterable[tuple[str, object]]) -> str:
    """Return names and what they are, one a line; empty ones are left out.

    >>> facts("e0001", [("T", "40 °C"), ("why", "")])
    '<table><caption>e0001</caption><tr><th>T</th><td>40 °C</td></tr></table>'
    """
    said = ((name, str(value)) for name, value in pairs)
    rows = (f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in said if value)
    return f"<table><caption>{escape(title)}</caption>{''.join(rows)}</table>"
