"""CAS numbers, with their check digit: the sum of the digits, each times its place from the right, ends in it."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"(?<![\d-])(?P<first>\d{2,7})-(?P<second>\d{2})-(?P<check>\d)(?![\d-]|[A-Za-z])")


def numbers_in(text: str) -> list[str]:
    """Return what is written like CAS numbers in a text, right or wrong.

    >>> numbers_in("potassium cyanide (151-50-8)")
    ['151-50-8']
    """
    return [found.group() for found in _NUMBER.finditer(text)]


def without_numbers(text: str) -> str:
    """Return a text without what is written like CAS numbers, and without the word CAS.

    >>> without_numbers("potassium cyanide (CAS 151-50-8)")
    'potassium cyanide ( )'
    """
    return re.sub(r"\bCAS(?:[ -]?(?:RN|No\.?))?:?(?=[\s()\[\]]|$)", "", _NUMBER.sub("", text)).strip()


def check_digit(number: str) -> int:
    """Return the last digit that a CAS number should have.

    >>> check_digit("7732-18-5")
    5
    """
    digits = number.replace("-", "")[:-1]
    return sum(place * int(digit) for place, digit in enumerate(reversed(digits), start=1)) % 10


def is_sound(number: str) -> bool:
    """Say whether a CAS number's check digit is right.

    >>> is_sound("151-50-8"), is_sound("151-50-9")
    (True, False)
    """
    return check_digit(number) == int(number[-1])
