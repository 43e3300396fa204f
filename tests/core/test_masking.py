"""Passwords are never shown, in whatever form of URL they stand."""

from __future__ import annotations

import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.masking import masked, masked_url

SECRET = "S3cretPw"
FORMS = [
    "postgresql://lab:{}@db:5432/runs",
    "postgresql+psycopg://lab:{}@db/runs?sslmode=require",
    "postgresql://:{}@db/runs",
    "postgresql://lab:{}@db:port/runs",
    "postgresql://lab@db:{}/runs",
    "postgresql://lab:{}",
    "postgresql://lab%3A{}@db/runs",
    "postgresql://lab%3a{}%40db/runs",
    "postgresql:/lab:{}@db/runs",
    "postgresql//lab:{}@db/runs",
    "postgresql:///lab:{}@db/runs",
    "lab:{}@db/runs",
    "postgresql://lab@db/runs?password={}",
    "postgresql://lab@db/runs?PassWord={}&sslmode=require",
    "postgresql://lab@db/runs?sslmode=require&sslpassword={}",
    "postgresql://lab@db/runs?passfile=/home/{}",
    "postgresql://lab@db/runs?sslkey={}",
    "postgresql://lab@db/runs?passw%6frd={}",
    "postgresql://lab@db/runs?passwrod={}",
    "postgresql://lab@db/runs?{}",
    "postgresql://lab@db/runs#password={}",
    "mysql://lab:{}@db/x",
    "host=db user=lab password={}",
    "host=db password = '{} and more' user=lab",
    'password="{}" host=db',
    "https://lab:{}@db/v1",
    "https://db/v1?api_key={}&v=2",
    "sqlite:///runs.db?key={}",
]


@pytest.mark.parametrize(
    ("form", "secret"),
    [
        (form, secret)
        for form in FORMS
        for secret in (SECRET, "S3cret@Pw", "S3cret/Pw", "S3cret:Pw", "S3cret%40Pw", "S3cret+Pw")
        # without a host behind it, what follows an @ reads as the host
        if not (form.endswith(("@db:{}/runs", "lab:{}")) and ("@" in secret or "%40" in secret))
    ],
)
def test_a_password_is_hidden_in_every_form_of_url(form: str, secret: str) -> None:
    shown = masked_url(form.format(secret))
    assert "S3cret" not in shown
    assert "Pw" not in shown
    assert "***" in shown


@pytest.mark.slow
@given(st.text(min_size=1, max_size=20))
def test_whatever_stands_between_user_and_host_is_hidden(password: str) -> None:
    assert masked_url(f"postgresql://lab:{password}@db/runs") == "postgresql://lab:***@db/runs"
    assert masked_url(f"postgresql://lab:{quote(password, safe='')}@db/runs") == "postgresql://lab:***@db/runs"


@pytest.mark.slow
@given(st.text(max_size=40))
def test_any_text_can_be_shown_and_what_was_hidden_stays_so(text: str) -> None:
    once = masked_url(text)
    assert masked_url(once) == once
    masked(text, [text])


@pytest.mark.parametrize(
    "url",
    [
        "zosimos.db",
        "runs/2026:11/zosimos.db",
        "sqlite:////data/lab@home/a:b.db",
        r"C:\data\lab@home\zosimos.db",
        "C:/data/zosimos.db",
        "postgresql://lab@db:5432/runs?sslmode=require&connect_timeout=3&options=-csearch_path%3Dlab",
        "postgresql://[::1]:5432/runs",
        "postgresql://one:5432,two:5433/runs",
        "http://localhost:11434/v1?v=2",
        "socket://10.0.0.7:4001",
    ],
)
def test_what_holds_no_password_is_shown_as_it_is(url: str) -> None:
    assert masked_url(url) == url
    assert masked(url, [url]) == url


def test_a_message_is_shown_without_the_passwords_of_the_urls_that_are_known() -> None:
    url = "postgresql://lab:S3cret%2FPw@db/x?password=Other%20One"
    text = 'missing "=" after "S3cret/Pw" in connection info string; \'Other One\', S3cret%2FPw'
    assert masked(text, [url]) == 'missing "=" after "***" in connection info string; \'***\', ***'


def test_a_message_is_shown_without_the_passwords_of_the_urls_in_it() -> None:
    assert masked(f"cannot open 'postgresql://lab:{SECRET}@db/x' now") == "cannot open 'postgresql://lab:***@db/x' now"


def test_a_long_message_takes_no_longer_than_its_length_allows() -> None:
    for text in ("a" * 300_000, "a:" * 100_000, "password " * 30_000, "pass" * 80_000, "://" * 100_000):
        began = time.process_time()
        masked(text, [text[:1000]])
        assert time.process_time() - began < 2.0
