"""Check digits and dates. Pure arithmetic; each names its standard."""

from datetime import date
from typing import Final

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK: Final = "10X98765432"
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_NO_DIGITS: Final = bytes(byte for byte in range(256) if not 48 <= byte <= 57)


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B: payment cards, IMEI."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = ord(digit) - 48
        total += _DOUBLED[number] if place % 2 else number
    return total % 10 == 0


def mod11_2(number: str) -> bool:
    """GB 11643-1999 / ISO 7064 MOD 11-2 over the 18 characters of a Chinese resident id."""
    total = sum(w * (ord(d) - 48) for w, d in zip(_WEIGHTS, number, strict=False))
    return _CHECK[total % 11] == number[17].upper()


def mod97(account: str) -> bool:
    """ISO 13616: an IBAN without blanks, in capitals."""
    moved = account[4:] + account[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def is_date(digits: str) -> bool:
    """`yyyymmdd` between 1900 and 2099 that is in the calendar."""
    year = int(digits[:4])
    if not 1900 <= year <= 2099:
        return False
    try:
        date(year, int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return True


def digits_of(text: str) -> str:
    """The ASCII digits in `text`."""
    return text.encode("ascii", "ignore").translate(None, _NO_DIGITS).decode()
