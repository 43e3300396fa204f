"""Passwords are never shown: URLs and texts with ``***`` in place of what may be one.

A URL may be wrong, which is often why it is shown, and then no parser says where its password is. So more is hidden
than would have to be: whatever stands between the first colon and the last ``@``, a port that is no number, and every
option of a database that is not known to be harmless.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from urllib.parse import unquote, unquote_plus

HIDDEN = "***"

_HARMLESS = frozenset(
    """
    application_name cache channel_binding client_encoding connect_timeout dbname fallback_application_name
    gssdelegation gssencmode gsslib host hostaddr immutable keepalives keepalives_count keepalives_idle
    keepalives_interval krbsrvname load_balance_hosts mode nolock options port replication require_auth
    requirepeer service ssl_max_protocol_version ssl_min_protocol_version sslcert sslcompression sslcrl
    sslcrldir sslmode sslnegotiation sslrootcert sslsni target_session_attrs tcp_user_timeout timeout uri user
    vfs
    """.split()  # noqa: SIM905 - as a list they would take forty lines
)
"""Options of PostgreSQL (libpq) and SQLite that hold no secret and no path to one."""

_SECRET = r"\w*passw\w*|passfile|passphrase|sslkey|\w*pwd|\w*secret\w*|api_?key|\w*token"  # noqa: S105 - names of options
_SECRET_NAME = re.compile(_SECRET, re.IGNORECASE)
_KEYWORD = re.compile(rf"\b({_SECRET})(\s*=\s*)('(?:[^'\\]|\\.)*'|\"[^\"]*\"|[^\s&;'\"]+)", re.IGNORECASE)
_COLON, _AT = re.compile(r":|%3a", re.IGNORECASE), re.compile(r"@|%40", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_PORT = re.compile(r"(?:\[[^\]]*\]|[^/?#:\[]*):(?=([^/?#]*)([^?#]*))")
_URL = re.compile(r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>]+")
_DATABASE = re.compile(r"(?:--ledger=)?(?:postgres|sqlite|mysql|mariadb|oracle|mssql)", re.IGNORECASE)
_SHORTEST = 3  # a secret of fewer characters is part of too many words to be looked for in texts


def masked_url(url: str, *, database: bool = True) -> str:
    """Return a URL, or what was meant as one, without what may be a password.

    Args:
        url: the URL.
        database: whether it is meant as a database's, of which any option that is not known may be a misspelt password.

    >>> masked_url("postgresql://lab:s3cret@db:5432/runs?sslmode=require&password=s3cret")
    'postgresql://lab:***@db:5432/runs?sslmode=require&password=***'
    """
    return "".join(HIDDEN if secret else text for text, secret in _parts(url, database=database))


def masked(text: str, urls: Iterable[str] = ()) -> str:
    """Return a text without the passwords in it, as far as URLs and keywords show them, and without those of URLs.

    >>> masked("cannot reach http://lab:s3cret@db/ with password='a b' and s3cret", ["http://lab:s3cret@db"])
    'cannot reach http://lab:***@db/ with password=*** and ***'
    """
    parts = [part for url in urls for part, secret in _parts(url, database=_is_database(url)) if secret]
    secrets = {form for part in parts for form in _forms(part)}
    for form in sorted(secrets, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    return _keywords(_URL.sub(lambda found: masked_url(found[0], database=_is_database(found[0])), text))


def _is_database(url: str) -> bool:
    return _DATABASE.match(url) is not None


def _forms(secret: str) -> Iterator[str]:
    """Yield how a secret of a URL may appear in a message: as it is written and as it is meant."""
    for form in {secret, unquote(secret), unquote_plus(secret), secret.strip("'\"")}:
        if len(form) >= _SHORTEST and form != HIDDEN:
            yield form


def _keywords(text: str) -> str:
    return _KEYWORD.sub(rf"\1\2{HIDDEN}", text)


def _parts(url: str, *, database: bool) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a URL in order, each with whether it may be a secret."""
    scheme, separator, rest = url.rpartition("://") if url.count("://") == 1 else url.partition("://")
    if not separator:
        scheme, rest = "", url
        if drive := _DRIVE.match(rest):
            yield drive[0], False
            rest = rest[drive.end() :]
    yield scheme + separator, False
    if not (separator and scheme.lower().startswith("sqlite")):
        rest = yield from _authority(rest, is_url=bool(separator))
    place, mark, query = rest.partition("?")
    yield from _assignments(place)
    yield mark, False
    if mark:
        yield from _options(query, known=not database or scheme.lower().startswith("http"))


def _authority(rest: str, *, is_url: bool) -> Generator[tuple[str, bool], None, str]:
    """Yield user, password, host and port; return what follows them."""
    colon = _COLON.search(rest)
    ats = [found for found in _AT.finditer(rest) if colon is not None and found.start() >= colon.end()]
    if colon is not None and ats:
        yield rest[: colon.end()], False
        yield rest[colon.end() : ats[-1].start()], True
        yield ats[-1][0], False
        rest = rest[ats[-1].end() :]
    port = _PORT.match(rest) if is_url else None
    if port is not None and not re.fullmatch(r"[0-9]*(?:,[^:]*(?::[0-9]*)?)*", port[1]):
        yield port[0], False
        yield port[1] + port[2], True  # a password may have a slash
        rest = rest[port.end(2) :]
    return rest


def _assignments(text: str) -> Iterator[tuple[str, bool]]:
    """Yield a text of keywords, such as ``host=db password=x``."""
    last = 0
    for found in _KEYWORD.finditer(text):
        yield text[last : found.start(3)], False
        yield found[3], True
        last = found.end()
    yield text[last:], False


def _options(query: str, *, known: bool) -> Iterator[tuple[str, bool]]:
    """Yield the options behind a question mark; ``known``: others than those of a database are harmless."""
    for text in re.split(r"([&;#])", query):
        name, equals, value = text.partition("=")
        plain = unquote_plus(name).strip().lower()
        if text in ("", "&", ";", "#") or plain in _HARMLESS or (known and not _SECRET_NAME.fullmatch(plain)):
            yield text, False
        elif equals and re.fullmatch(r"\w+", plain):
            yield name + equals, False
            yield value, bool(value)
        else:
            yield text, True
