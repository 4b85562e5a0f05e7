"""Plain data are received unchanged, other values are not, and no message breaks the reader."""

import json
import math
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.sandbox.guest.values import ITEMS, Foreign, decode, encode, quote
from tests.long_texts import no_runaway

HASHABLE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(st.characters(), max_size=20)
    | st.binary(max_size=20),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3),
    max_leaves=5,
)
PLAIN = st.recursive(
    HASHABLE,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(HASHABLE, inner, max_size=4)
        | st.sets(HASHABLE, max_size=4)
        | st.tuples(inner)
    ),
    max_leaves=20,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["int", "tuple", "dict", "set", "complex", "range", "object", "x"])
            | st.sampled_from(["bytes", "Decimal", "Fraction", "frozenset"]),
            inner,
            min_size=1,
            max_size=2,
        )
    ),
    max_leaves=8,
)
Pair = namedtuple("Pair", "first second")


class Anything(str):
    """A string that equals everything."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


class Colour(IntEnum):
    """A number with a name."""

    RED = 1


def _equal(left: object, right: object) -> bool:
    return left == right


def sent(value: object) -> object:
    """Send a value across."""
    return decode(json.loads(encode(value)))


@given(PLAIN)
def test_plain_data_arrives_unchanged(value: object) -> None:
    arrived = sent(value)
    assert repr(arrived) == repr(value) or arrived == value
    assert type(arrived) is type(value)


@given(st.text(st.characters(categories=["Cs", "Cc", "Ll"])))
def test_every_string_can_be_quoted(text: str) -> None:
    # JSON joins a high and a low surrogate next to each other.
    expected = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    assert json.loads(quote(text)) == expected


@given(JSON)
def test_reader_gives_a_value_or_a_clean_refusal(form: object) -> None:
    try:
        decode(form)
    except (ValueError, TypeError, ArithmeticError):
        return


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0, 5e-324, 1e308])
def test_special_floats(value: float) -> None:
    assert repr(sent(value)) == repr(value)


@pytest.mark.parametrize("number", [10**15 - 1, 10**15, -(10**15), -(2**70)])
def test_integers_of_any_size(number: int) -> None:
    assert sent(number) == number
    assert sent(number**500) == number**500


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Pair(1, 2), (1, 2)),
        (Colour.RED, 1),
        (Counter("aab"), {"a": 2, "b": 1}),
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(list, {1: [2]}), {1: [2]}),
        (range(1, 10, 3), range(1, 10, 3)),
        (Decimal("0.10"), Decimal("0.10")),
        (Fraction(1, 3), Fraction(1, 3)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_relatives_of_plain_types_arrive_as_these(value: object, expected: object) -> None:
    assert sent(value) == expected
    assert type(sent(value)) is type(expected)


def test_overridden_equality_does_not_arrive() -> None:
    assert Anything("x") == 9
    assert sent(Anything("x")) == "x"
    assert sent([Anything("x")]) != [9]


@pytest.mark.parametrize(
    "make", [lambda: iter([1, 2]), lambda: (x for x in (1, 2)), lambda: deque([1, 2])]
)
def test_iterables_arrive_with_their_items_and_equal_nothing(make: Callable[[], object]) -> None:
    arrived = sent(make())
    assert isinstance(arrived, Foreign)
    assert tuple(arrived) == (1, 2)
    assert not _equal(arrived, [1, 2])
    assert bool(arrived)


def test_endless_iterators_are_cut() -> None:
    arrived = sent(count())
    assert isinstance(arrived, Foreign)
    assert len(list(arrived)) == ITEMS


def test_objects_arrive_with_their_truth_alone() -> None:
    arrived = sent(object())
    assert isinstance(arrived, Foreign)
    assert arrived
    assert not _equal(arrived, object)
    assert repr(arrived) == "<object>"
    with pytest.raises(TypeError, match="not iterable"):
        iter(arrived)


def test_value_without_a_truth_value_has_none_here_either() -> None:
    class Undecided:
        def __bool__(self) -> bool:
            raise ValueError

    with pytest.raises(TypeError, match="truth"):
        bool(sent(Undecided()))


@pytest.mark.parametrize(
    "text",
    [
        '{"int": "x"}',
        '{"int": "1", "tuple": []}',
        "{}",
        '{"tuple": {}}',
        '{"range": [1.5]}',
        '{"object": [1]}',
        '{"object": ["x", 3, null]}',
        '{"object": ["x", true, {"tuple": []}]}',
        '{"module": ["os"]}',
        '{"Decimal": "x"}',
    ],
)
def test_what_the_writer_never_writes_is_refused(text: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        decode(json.loads(text))


def test_a_megabyte_is_read_in_linear_time() -> None:
    text = encode([[1, "a"]] * 100_000)
    with no_runaway():
        decode(json.loads(text))
