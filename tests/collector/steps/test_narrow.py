"""What is left of an event; the rest is seen through a whole worker in test_gate_policy.py."""

import pytest
from msgspec import Raw

from collector.event import Event
from collector.outcome import Drop
from collector.protocol import Context, Message
from collector.shared import Shared
from collector.steps.narrow import strip


def event(properties: bytes, traits: bytes = b"") -> Event:
    return Event(Message(), Shared(Context(), b"", None), properties=Raw(properties), traits=Raw(traits))


@pytest.mark.parametrize(
    ("given", "path", "left"),
    [
        (b'{"a":1,"b":{"a":2}}', "properties.a", b'{"b":{"a":2}}'),
        (b'{"b":"a"}', "properties.a", b'{"b":"a"}'),
        (b'{"\\u0061":1,"b":2}', "properties.a", b'{"b":2}'),
        (b'{"a":1,"a":2}', "properties.a", b"{}"),
        (b"", "properties.a", b""),
        (b'{"a":1}', "traits.a", b'{"a":1}'),
    ],
    ids=range(6),
)
def test_a_field_goes_however_it_is_spelled(given: bytes, path: str, left: bytes) -> None:
    assert bytes(strip(event(given), (path,)).properties) == left


def test_traits_and_several_fields() -> None:
    found = strip(event(b'{"a":1}', b'{"b":1,"c":2}'), ("properties.a", "traits.b"))
    assert (bytes(found.properties), bytes(found.traits)) == (b"{}", b'{"c":2}')


def test_what_cannot_be_read_is_not_kept() -> None:
    with pytest.raises(Drop):
        strip(event(b'{"a":1'), ("properties.a",))
