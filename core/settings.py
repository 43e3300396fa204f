"""Settings of the program: where the ledger is, who acts, where reports go, which model plans and chats.

Precedence upward: ``zosimos.toml`` in the working folder, the environment (``ZOSIMOS_LEDGER`` and so on), flags.
Secrets come from the environment only: a file that holds a password would be copied and committed with it.
"""

from __future__ import annotations

import difflib
import getpass
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as UnreadableError

from zosimos.core.errors import InputError, SettingsError
from zosimos.core.files import TEXT_BYTES, read_file
from zosimos.core.masking import masked, masked_url

FILE = "zosimos.toml"
PREFIX = "ZOSIMOS_"


def _operating_system_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user may have no name
        return "unknown"


class Settings(BaseSettings):
    """The settings as they stand. Made by :func:`load_settings`, which turns what is wrong into a SettingsError."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=PREFIX,
        env_ignore_empty=True,
        toml_file=FILE,
        hide_input_in_errors=True,
    )

    ledger: Annotated[str, Field(min_length=1)] = Field(
        "zosimos.db",
        description="where the record is: the path of a SQLite file, or a URL such as postgresql://lab@db/runs",
    )
    author: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")] = Field(
        default_factory=_operating_system_user, description="who acts, for the record"
    )
    reports: Path = Field(Path("reports"), description="the folder that reports are written to")
    wire: Path = Field(Path("wire"), description="the folder that the traces of the devices' wires are written to")
    library: Path = Field(Path("library"), description="the folder that the laboratory's documents are kept in")
    witness: str = Field(
        "", description="where heads of the record are written to, so that a cut end shows: a file, or a web address"
    )
    model: Annotated[str, Field(min_length=1, max_length=1000)] = Field(
        "offline",
        description="the model that plans and chats: offline, or openai: and a model's name; or several with commas",
    )
    base_url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] | None = Field(
        None, description="where a server that speaks OpenAI's protocol is, such as http://localhost:11434/v1"
    )
    model_request_s: Annotated[float, Field(gt=0, le=86_400)] = Field(
        60.0, description="how many seconds a model has for one answer, however slowly it comes; more than 0"
    )
    model_turn_s: Annotated[float, Field(gt=0, le=86_400)] = Field(
        300.0, description="how many seconds a message, a plan or an advice may take of models in all; more than 0"
    )
    model_turn_tokens: Annotated[int, Field(gt=0)] = Field(
        500_000,
        description="how many tokens a message, a plan or an advice may take of models, in and out; more than 0",
    )
    model_turn_usd: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        None, description="how many US dollars a message, a plan or an advice may take of models; more than 0"
    )
    model_prices: Mapping[
        Annotated[str, Field(pattern=r"^openai:[\w./:@+-]{1,150}$")],
        tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], Annotated[float, Field(ge=0, allow_inf_nan=False)]],
    ] = Field(
        default_factory=dict,
        description="what models cost that no table knows, in US dollars per million tokens sent and received: "
        "openai:NAME = [0.5, 1.5]; both 0 or more",
    )
    tracing: bool = Field(
        False, description="whether langchain may trace models as its own variables say: true or false"
    )

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Yield the settings as they may be shown."""
        for name, value in super().__repr_args__():
            yield name, _shown(name or "", value) if isinstance(value, str) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return flags, environment and file, the strongest first; no other source is asked."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**flags: Any) -> Settings:
    """Return the settings; flags that are None count as not given.

    Raises:
        SettingsError: a field is unknown or wrong, the file is no TOML, or it holds a password.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    _refuse_passwords(_read_file())
    try:
        return Settings(**given)
    except ValidationError as error:
        raise _readable(error, given) from error
    except UnreadableError as error:  # the only setting of several values is model_prices
        variable = f"{PREFIX}MODEL_PRICES"
        raise SettingsError(
            f"{variable} is no JSON",
            field="model_prices",
            value=masked(os.environ.get(variable, "")),
            allowed='JSON such as {"openai:mine": [0.5, 1.5]}',
            hint=f"correct {variable}",
        ) from error


def _read_file() -> Mapping[str, Any]:
    path = Path(FILE)
    try:
        return tomllib.loads(read_file(path, FILE, at_most=TEXT_BYTES).decode()) if path.exists() else {}
    except InputError as error:
        raise SettingsError(
            error.message, field=FILE, value=str(path.absolute()), allowed=error.allowed, hint="check its rights"
        ) from error
    except RecursionError as error:
        raise SettingsError(f"{FILE} is nested too deeply", field=FILE, value=str(path.absolute())) from error
    except ValueError as error:  # broken TOML, or not UTF-8
        raise SettingsError(
            f"{FILE} is not TOML: {error}",
            field=FILE,
            value=str(path.absolute()),
            allowed='TOML in UTF-8: lines such as ledger = "zosimos.db"',
            hint="correct that line; text stands in quotes",
        ) from error


def _refuse_passwords(data: Mapping[str, Any]) -> None:
    for field, text in _texts(data):
        if _shown(field, text) != text:
            raise SettingsError(
                f"{FILE} holds a password",
                field=field,
                value=_shown(field, text),
                allowed="a URL without a password",
                hint=f"take it out of the file; set {PREFIX}LEDGER to the whole URL, or PGPASSWORD to the password",
            )


def _texts(data: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(data, str):
        yield place, data
    elif isinstance(data, Mapping):
        for name, item in data.items():
            yield from _texts(item, f"{place}.{name}" if place else name)
    elif isinstance(data, list):
        for item in data:
            yield from _texts(item, place)


def _shown(name: str, value: object) -> str:
    """Return a setting without what may be a password; a name with a colon and an address in it is none."""
    text = str(value)
    return masked(masked_url(text) if name == "ledger" or "://" in text else text)


def _readable(error: ValidationError, flags: Mapping[str, Any]) -> SettingsError:
    details = error.errors(include_url=False)[0]
    name = str(details["loc"][0])
    value = _shown(name, details["input"])
    if details["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, Settings.model_fields, n=1)
        return SettingsError(
            f"unknown setting {name!r} in {'the flags' if name in flags else FILE}",
            field=name,
            value=value,
            allowed=", ".join(Settings.model_fields),
            hint=f"did you mean {near[0]!r}?" if near else "remove it or correct its name",
        )
    variable = PREFIX + name.upper()
    where = f"flag {name}" if name in flags else variable if os.environ.get(variable) else f"{name} in {FILE}"
    return SettingsError(
        f"{where}: {details['msg'][:1].lower()}{details['msg'][1:]}",
        field=name,
        value=value or "(empty)",
        allowed=Settings.model_fields[name].description,
        hint=f"correct {where}",
    )
