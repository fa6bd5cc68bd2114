"""Tokens: ours are believed, everything else is not."""

from hypothesis import given
from hypothesis import strategies as st

from collector.tokens import MAX_CHARS, sign, verify
from consent.pii.hashing import Key, pseudonym

KEY = Key("k1", bytes(range(32)))


def test_what_was_signed_is_read_back() -> None:
    assert verify(KEY, "s1", sign(KEY, "s1", "3", "abc")) == ("3", "abc")


def test_another_kind_or_key_or_part_is_not_believed() -> None:
    token = sign(KEY, "s1", "3", "abc")
    assert verify(KEY, "h1", token) is None
    assert verify(KEY, "h1", token.replace("s1", "h1", 1)) is None
    assert verify(Key("k1", bytes(32)), "s1", token) is None
    assert verify(KEY, "s1", token.replace(".3.", ".4.")) is None
    assert verify(KEY, "s1", token.rpartition(".")[0] + ".") is None


def test_a_token_says_nothing_about_pseudonyms() -> None:
    assert sign(KEY, "p1", "k1").rpartition(".")[2] not in pseudonym(KEY, "p1", "k1")


@given(st.text(max_size=MAX_CHARS + 10))
def test_no_text_is_a_token_or_an_error(text: str) -> None:
    assert verify(KEY, "s1", text) is None
