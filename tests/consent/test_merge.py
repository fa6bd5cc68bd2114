"""Login: which choice counts, by the golden vectors; and nobody widens what they cannot prove."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.merge import merge
from consent.model import Choice
from tests.contract.golden import cases, ids

CHOICES = st.dictionaries(
    st.sampled_from("abc"), st.builds(Choice, st.booleans(), st.just("v"), st.integers(0, 3)), max_size=3
)
MODES = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["opt_in", "opt_out", "exempt", "?"]))


def read(found: dict[str, Any]) -> dict[str, Choice]:
    return {purpose: Choice(c["granted"], c["version"], c["at"]) for purpose, c in found.items()}


@pytest.mark.parametrize("case", cases("merge"), ids=ids("merge"))
def test_vectors(case: dict[str, Any]) -> None:
    given_, expect = case["given"], case["expect"]
    found = merge(read(given_["device"]), read(given_["person"]), given_["modes"], given_["trusted"])
    assert found.choices == read(expect["choices"])
    assert list(found.conflicts) == expect["conflicts"]


@given(CHOICES, CHOICES, MODES)
def test_without_proof_nothing_gets_wider(
    device: dict[str, Choice], person: dict[str, Choice], modes: dict[str, str]
) -> None:
    merged = merge(device, person, modes, trusted=False).choices
    for purpose, choice in merged.items():
        assert not choice.granted or person[purpose] == choice


@given(CHOICES, CHOICES, MODES, st.booleans())
def test_a_choice_is_one_of_the_two(
    device: dict[str, Choice], person: dict[str, Choice], modes: dict[str, str], trusted: bool
) -> None:
    merged = merge(device, person, modes, trusted)
    assert all(choice in (device.get(p), person.get(p)) for p, choice in merged.choices.items())
    assert set(person) <= set(merged.choices)
    assert merge(merged.choices, merged.choices, modes, True).choices == merged.choices
