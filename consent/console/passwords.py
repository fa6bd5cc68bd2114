"""Passwords: Argon2id by argon2-cffi with its defaults, the second set that RFC 9106 recommends (64 MiB, 3 passes).

What a password must be follows NIST SP 800-63B: length counts, rules about characters do not, and it is not what the
person is called. One hash at a time: each needs 64 MiB, and a crowd at the login must not take the collector's memory.
"""

import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 12
LONGEST: Final = 256

_hasher: Final = PasswordHasher()
_one_at_a_time: Final = threading.Lock()
# What a login of nobody is compared with, so that it takes as long as somebody's
_NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=4$Zmlyc3RoYW5kIG5vYm9keQ$3PUTmGjJX5vXyKS0kVSyz2nfL8LnsQxyuGXSTTJ7RTA"


def problem_of(password: str, login: str) -> str | None:
    """Why this cannot be a password, as a key of the catalogue; None if it can."""
    if len(password) < SHORTEST:
        return "password.short"
    if len(password) > LONGEST:
        return "password.long"
    if password.casefold() in (login.casefold(), login.partition("@")[0].casefold()):
        return "password.name"
    if len(set(password)) < 5:
        return "password.simple"
    return None


def hashed(password: str) -> str:
    """The password in Argon2's own form, with a salt of its own."""
    with _one_at_a_time:
        return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether this is the password. Takes the same time when there is none to compare with, and then is False."""
    with _one_at_a_time:
        try:
            _hasher.verify(stored or _NOBODY, password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def is_old(stored: str) -> bool:
    """Whether the parameters have been raised since: then hash again while the password is at hand."""
    return _hasher.check_needs_rehash(stored)
