"""Argon2id, and what a password must be."""

import importlib.util

import pytest

from consent.console import passwords as shared

# The module as it is written: in the shared one other tests may have put cheaper hashes
_spec = importlib.util.spec_from_file_location("passwords_as_written", str(shared.__file__))
assert _spec is not None
assert _spec.loader is not None
passwords = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(passwords)


def test_a_hash_is_argon2id_with_rfc_9106s_second_set_and_a_salt_of_its_own() -> None:
    one, other = passwords.hashed("correct horse battery"), passwords.hashed("correct horse battery")
    assert one.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert one != other
    assert passwords.matches(one, "correct horse battery")
    assert not passwords.matches(one, "correct horse batterz")
    assert not passwords.is_old(one)


def test_nobodys_password_matches_nothing() -> None:
    assert not passwords.matches(None, "")
    assert not passwords.matches(None, "firsthand nobody")
    assert not passwords.matches("not a hash", "anything at all")


def test_weaker_parameters_are_old() -> None:
    assert passwords.is_old("$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHQ$VjR3UzYr0OZ2dQm4Yl9gyg")


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("eleven char", "password.short"),
        ("twelve chars", None),
        ("x" * 257, "password.long"),
        ("officer@shop.example", "password.name"),
        ("OFFICER@SHOP.EXAMPLE", "password.name"),
        ("aaaaaaaaaaaaab", "password.simple"),
        ("先征得同意再收集数据才是对的", None),
    ],
)
def test_what_a_password_must_be(password: str, problem: str | None) -> None:
    assert passwords.problem_of(password, "officer@shop.example") == problem
