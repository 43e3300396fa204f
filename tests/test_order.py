"""The files of tests that take longest are begun first, whoever runs them."""

import pytest
from tests.conftest import LONGEST


def test_every_file_that_is_called_long_is_there() -> None:
    assert [path for path in LONGEST if not path.is_file()] == []


def test_the_long_files_of_this_run_come_first_the_longest_at_the_head(request: pytest.FixtureRequest) -> None:
    files = list(dict.fromkeys(item.path for item in request.session.items))
    long = [path for path in LONGEST if path in files]
    assert files[: len(long)] == long
