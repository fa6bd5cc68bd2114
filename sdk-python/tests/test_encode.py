"""Any object becomes JSON; what JSON cannot say is described, never raised."""

import json
from collections import OrderedDict, deque, namedtuple
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any
from uuid import UUID

import attrs
import msgspec
import numpy
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.encode import encode
from firsthand.testing import Recorder


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


class Word(str, Enum):
    A = "a"


@dataclass
class Item:
    sku: str
    price: Decimal


Point = namedtuple("Point", "x y")


class Hostile:
    """Raises in every way it can be touched."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError("hands off")

    __repr__ = __str__ = __hash__ = __iter__ = __len__ = __eq__ = None  # type: ignore[assignment]


def encoded(value: Any) -> tuple[Any, list[str]]:
    data, warnings = encode({"properties": {"v": value}})
    return json.loads(data)["properties"]["v"], warnings


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 678_901, timezone.utc), "2026-01-02T03:04:05.678Z"),
        (datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=8))), "2026-01-01T19:00:00.000Z"),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05"),
        (date(2026, 1, 2), "2026-01-02"),
        (time(3, 4), "03:04:00"),
        (timedelta(minutes=1.5), 90.0),
        (Decimal("9.90"), 9.9),
        (Decimal("12345678901234567.89"), "12345678901234567.89"),
        (Decimal("1E+400"), "1E+400"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (Word.A, "a"),
        (Item("A1", Decimal("1.5")), {"sku": "A1", "price": 1.5}),
        (Point(1, 2), [1, 2]),
        (OrderedDict(a=1), {"a": 1}),
        (MappingProxyType({"a": 1}), {"a": 1}),
        ({"b", "a", "c"}, ["a", "b", "c"]),
        (frozenset({2, "a", 1}), [1, 2, "a"]),
        (deque([1, 2]), [1, 2]),
        ("é".encode(), "é"),
        (b"\xff\x00", "base64:/wA="),
        (bytearray(b"a"), "a"),
        (memoryview(b"a"), "a"),
        (PurePosixPath("/a"), "/a"),
        ({1: "a", 2.5: "b", None: "c", False: "d"}, {"1": "a", "2.5": "b", "null": "c", "false": "d"}),
        ({UUID(int=7): 1}, {"00000000-0000-0000-0000-000000000007": 1}),
        ({date(2026, 1, 2): 1}, {"2026-01-02": 1}),
        ("a\ud83d\ude00b", "a😀b"),
        ("a\ud83db", "a\ufffdb"),
        (2**63, 2**63),
    ],
    ids=lambda v: type(v).__name__,
)
def test_types_of_business_code(value: Any, expected: Any) -> None:
    assert encoded(value) == (expected, [])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), "<NaN>"),
        (float("-inf"), "<-Infinity>"),
        (Decimal("sNaN"), "<NaN>"),
        (Decimal("Infinity"), "<Infinity>"),
        (10**5000, "<integer of 16610 bits>"),
        (object(), "<unserialisable: builtins.object>"),
        (Item, "<unserialisable: builtins.type>"),
        (lambda: 1, "<unserialisable: builtins.function>"),
        (Hostile(), f"<unserialisable: {__name__}.Hostile>"),
    ],
    ids=lambda v: type(v).__name__,
)
def test_what_json_cannot_say_is_described(value: Any, expected: str) -> None:
    found, warnings = encoded({"good": 1, "bad": [value]})
    assert found == {"good": 1, "bad": [expected]}
    assert warnings == [f"properties.v.bad[0]: {expected}"]


def test_cycles() -> None:
    loop: dict[str, Any] = {"name": "a"}
    loop["self"] = [loop]
    assert encoded(loop) == ({"name": "a", "self": ["<cycle>"]}, ["properties.v.self[0]: <cycle>"])


def test_the_same_object_twice_is_no_cycle() -> None:
    shared = {"a": float("nan")}
    assert encoded([shared, shared])[0] == [{"a": "<NaN>"}] * 2


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def test_depth_is_cut_where_the_collector_cuts_it() -> None:
    # properties is the first of 16 levels
    assert encoded(nested(15)) == (nested(15), [])
    found, warnings = encoded(nested(16))
    assert json.dumps(found).count("[") == 15
    assert len(warnings) == 1
    assert "too deep" in warnings[0]
    assert len(encoded(nested(100_000))[1]) == 1


def test_a_wide_value_is_not_deep() -> None:
    wide = [{"a": [n]} for n in range(100)]
    assert encoded(wide) == (wide, [])


def test_no_value_of_a_foreign_object_leaks() -> None:
    class Secret:
        def __repr__(self) -> str:
            return "password"

    data, warnings = encode({"properties": {"a": Secret()}})
    assert b"password" not in data
    assert "password" not in " ".join(warnings)


LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=20) | st.decimals()
    | st.datetimes() | st.dates() | st.times() | st.timedeltas() | st.uuids() | st.complex_numbers()
    | st.characters(categories=["Cs"]) | st.builds(object) | st.builds(Hostile) | st.just(Colour.RED)
)  # fmt: skip
KEYS = st.none() | st.integers() | st.text() | st.floats() | st.tuples(st.integers()) | st.uuids() | st.binary()
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=12,
)


@given(VALUES)
def test_anything_becomes_strict_json(value: Any) -> None:
    data, _ = encode({"properties": {"v": value}})
    json.loads(data, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    data.decode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
def test_json_comes_through_unchanged(value: Any) -> None:
    assert encoded(value) == (value, [])


# ---- objects of others, known by what their classes declare ---------------------------------------------------------


@attrs.define
class WithAttrs:
    sku: str
    price: Decimal


class WithMsgspec(msgspec.Struct):
    sku: str
    price: Decimal


class WithPydantic(pydantic.BaseModel):
    sku: str
    price: Decimal


@dataclass
class WithDataclass:
    sku: str
    price: Decimal


OBJECTS = (WithAttrs, WithMsgspec, WithPydantic, WithDataclass)


@pytest.mark.parametrize("kind", OBJECTS)
def test_objects_with_declared_fields_are_objects(kind: Any) -> None:
    basket = {"items": [kind(sku="A1", price=Decimal("9.90"))], "ratio": float("nan")}
    data, warnings = encode({"properties": basket})  # NaN: the careful way knows them too
    assert json.loads(data) == {"properties": {"items": [{"sku": "A1", "price": 9.9}], "ratio": "<NaN>"}}
    assert warnings == ["properties.ratio: <NaN>"]
    assert json.loads(encode({"best": kind(sku="B", price=Decimal("2"))}).data) == {"best": {"sku": "B", "price": 2.0}}


@pytest.mark.parametrize("kind", OBJECTS)
def test_they_may_be_the_properties_themselves(kind: Any) -> None:
    recorder = Recorder()
    recorder.track("X", kind(sku="A1", price=Decimal("1")), user_id="u", consent={"analytics": True})
    assert recorder.events[0]["properties"] == {"sku": "A1", "price": 1.0}
    assert recorder.track("X", kind, user_id="u", consent={"analytics": True}) is None, "a class is no object"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (numpy.int64(7), 7),
        (numpy.float32(0.5), 0.5),
        (numpy.bool_(True), True),
        (numpy.str_("text"), "text"),
        (numpy.datetime64("2026-01-02T03:04:05"), "2026-01-02T03:04:05"),
        (numpy.float64("nan"), "<NaN>"),
        (numpy.complex64(1), "<unserialisable: numpy.complex64>"),
        (numpy.array([1, 2]), "<unserialisable: numpy.ndarray>"),
    ],
)
def test_scalars_of_numpy(value: Any, expected: Any) -> None:
    assert json.loads(encode({"v": value}).data) == {"v": expected}
