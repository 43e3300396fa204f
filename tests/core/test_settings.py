"""Settings: the file gives way to the environment, the environment to flags; secrets stay out of the file."""

import getpass
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from zosimos.core.errors import SettingsError
from zosimos.core.settings import Settings, load_settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without settings."""
    monkeypatch.chdir(tmp_path)
    for name in ("LEDGER", "AUTHOR", "REPORTS"):
        monkeypatch.delenv(f"ZOSIMOS_{name}", raising=False)
    return tmp_path


def write(folder: Path, text: str) -> None:
    (folder / "zosimos.toml").write_text(text, encoding="utf-8")


def refused(**flags: object) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load_settings(**flags)
    error = caught.value
    assert error.field
    assert error.value is not None
    assert error.hint
    return error


def test_defaults_need_no_file(folder: Path) -> None:
    settings = load_settings()
    assert settings.ledger == "zosimos.db"
    assert settings.author == getpass.getuser()
    assert settings.reports == Path("reports")


def test_flags_beat_the_environment_and_the_environment_beats_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, 'ledger = "file.db"\nauthor = "file"\nreports = "file"\n')
    monkeypatch.setenv("ZOSIMOS_LEDGER", "environment.db")
    monkeypatch.setenv("ZOSIMOS_AUTHOR", "environment")
    settings = load_settings(ledger="flag.db", author=None, reports=None)
    assert (settings.ledger, settings.author, settings.reports) == ("flag.db", "environment", Path("file"))


def test_empty_variable_counts_as_not_set(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOSIMOS_LEDGER", "")
    assert load_settings().ledger == "zosimos.db"


def test_other_variables_of_the_project_are_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOSIMOS_TEST_POSTGRES", "postgresql://localhost/x")
    assert load_settings().ledger == "zosimos.db"


def test_user_without_a_name_is_unknown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_name() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr(getpass, "getuser", no_name)
    assert load_settings().author == "unknown"


def test_settings_are_frozen(folder: Path) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().ledger = "other.db"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://lab:s3cret@db/runs",
        "postgresql://lab:s3cret/x@db/runs",
        "postgresql://lab@db/runs?password=s3cret",
        "postgresql://:s3cret@db/runs",
    ],
)
def test_password_in_the_file_is_refused_and_not_shown(folder: Path, url: str) -> None:
    write(folder, f'ledger = "{url}"\n')
    error = refused()
    assert "s3cret" not in str(error)
    assert error.field == "ledger"
    assert "ZOSIMOS_LEDGER" in error.hint
    assert "PGPASSWORD" in error.hint


def test_password_in_a_misspelt_field_is_not_shown_either(folder: Path) -> None:
    write(folder, 'legder = "postgresql://lab:s3cret@db/runs"\n')
    assert "s3cret" not in str(refused())


@pytest.mark.parametrize("url", ["postgresql://lab@db:5432/runs", "C:/data/zosimos.db", "postgresql:///runs?host=/run"])
def test_url_without_a_password_may_stand_in_the_file(folder: Path, url: str) -> None:
    write(folder, f'ledger = "{url}"\n')
    assert load_settings().ledger == url


def test_password_in_the_environment_is_accepted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOSIMOS_LEDGER", "postgresql://lab:s3cret@db/runs")
    assert load_settings().ledger == "postgresql://lab:s3cret@db/runs"


def test_unknown_field_is_refused_with_a_suggestion(folder: Path) -> None:
    write(folder, 'legder = "x.db"\n')
    error = refused()
    assert error.field == "legder"
    assert "'ledger'" in error.hint
    assert error.allowed == ", ".join(Settings.model_fields)


def test_unknown_flag_is_refused(folder: Path) -> None:
    assert refused(colour="red").field == "colour"


def test_broken_toml_is_refused_with_its_line(folder: Path) -> None:
    write(folder, 'author = "a"\nledger = oops\n')
    error = refused()
    assert error.field == "zosimos.toml"
    assert "line 2" in str(error)


def test_file_that_is_not_utf8_is_refused(folder: Path) -> None:
    (folder / "zosimos.toml").write_bytes(b'author = "Zo\xeb"\n')
    assert refused().field == "zosimos.toml"


def test_folder_in_the_place_of_the_file_is_refused(folder: Path) -> None:
    (folder / "zosimos.toml").mkdir()
    assert refused().field == "zosimos.toml"


@pytest.mark.parametrize(
    ("line", "field"),
    [("ledger = 5", "ledger"), ("ledger = ''", "ledger"), ("author = ['a']", "author"), ("reports = 1.5", "reports")],
)
def test_wrong_type_names_field_value_and_file(folder: Path, line: str, field: str) -> None:
    write(folder, line + "\n")
    error = refused()
    assert error.field == field
    assert error.allowed
    assert "zosimos.toml" in error.hint


def test_wrong_value_in_the_environment_names_the_variable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOSIMOS_AUTHOR", "two\nlines")
    assert "ZOSIMOS_AUTHOR" in refused().hint


def test_wrong_flag_names_the_flag(folder: Path) -> None:
    assert "flag ledger" in refused(ledger="").hint


def test_prices_of_models_are_read_from_the_file_or_as_json(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, '[model_prices]\n"openai:mine" = [0.5, 1.5]\n')
    assert load_settings().model_prices == {"openai:mine": (0.5, 1.5)}
    monkeypatch.setenv("ZOSIMOS_MODEL_PRICES", '{"openai:b": [1, 2]}')
    assert load_settings().model_prices["openai:b"] == (1.0, 2.0)


@pytest.mark.parametrize("wrong", ["{", '{"mine": [1, 2]}', '{"openai:b": [1]}', '{"openai:b": [-1, 2]}', "[1, 2]"])
def test_prices_that_are_none_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("ZOSIMOS_MODEL_PRICES", wrong)
    error = refused()
    assert error.field == "model_prices"
    assert "ZOSIMOS_MODEL_PRICES" in error.hint


def test_importing_settings_stays_light() -> None:
    code = "import sys, zosimos.core.settings; assert not {'numpy', 'sqlalchemy', 'torch', 'pint'} & set(sys.modules)"
    source = str(Path(__file__).resolve().parents[2] / "src")
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": source}, check=True, timeout=60)
