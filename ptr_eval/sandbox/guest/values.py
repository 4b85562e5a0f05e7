"""Plain data between sandboxes: the runner writes JSON text, the tester reads it.

Only data are sent. An object of any other class is received as a `Foreign`, which equals nothing.
The writing side does not import `json`, which would double the time to start a sandbox. The reading
side uses neither `marshal` nor `pickle`, because they are unsafe for untrusted input.
"""

from __future__ import annotations

from itertools import islice

TYPE_CHECKING = False  # as in `typing`, whose import takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType
    from typing import Any

ITEMS = 10_000  # at most, of an iterator that is sent: it may be endless
_EXACT = 10**15  # from here on integers are sent in hexadecimal, which has no limit of digits


class Caught:
    """Context manager that keeps the exception of its block and does not raise it."""

    error: BaseException | None = None

    def __enter__(self) -> Caught:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self.error = error
        return True


class Foreign:
    """A value that is not plain data: its truth value and its items. It equals nothing."""

    def __init__(self, name: str, truth: bool | None, items: list[object] | None) -> None:
        self.name, self.truth, self.items = name, truth, items

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def __bool__(self) -> bool:
        if self.truth is None:
            raise TypeError(f"a {self.name} without a truth value")
        return self.truth

    def __iter__(self) -> Iterator[object]:
        if self.items is None:
            raise TypeError(f"'{self.name}' object is not iterable")
        return iter(self.items)


def quote(text: str) -> str:
    """Write a string in JSON, in ASCII."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    units = text.encode("utf-16-be", "surrogatepass").hex()
    return '"' + "".join("\\u" + units[at : at + 4] for at in range(0, len(units), 4)) + '"'


def encode(value: object) -> str:
    """Write a value in JSON; what JSON does not have becomes an object `{kind: body}`.

    A subclass is written as the plain type that it extends, so that an overridden `__eq__` is lost.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        number = int.__index__(value)
        return str(number) if abs(number) < _EXACT else f'{{"int":"{number:x}"}}'
    if isinstance(value, float):
        text = float.__repr__(value)
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(text, text)
    if isinstance(value, str):
        return quote(str.__str__(value))
    if isinstance(value, list):
        return _array(list.__iter__(value))
    return _encode_other(value)


def decode(form: object) -> object:
    """Rebuild a value from what `json.loads` made of `encode`'s text."""
    if isinstance(form, list):
        return [decode(item) for item in form]
    if not isinstance(form, dict):
        return form
    if len(form) != 1:
        raise ValueError("an object must have one member")
    ((kind, body),) = form.items()
    if kind in _FROM_TEXT:
        return _FROM_TEXT[kind](str(body))
    if kind not in _FROM_LIST or not isinstance(body, list):
        raise ValueError("an object of unknown kind")
    return _FROM_LIST[kind](body)


def _array(items: Iterable[object]) -> str:
    return "[" + ",".join([encode(item) for item in items]) + "]"


def _encode_other(value: object) -> str:
    if isinstance(value, tuple):
        return f'{{"tuple":{_array(tuple.__iter__(value))}}}'
    if isinstance(value, dict):
        return f'{{"dict":{_array(list(dict.items(value)))}}}'
    if isinstance(value, set):
        return f'{{"set":{_array(set.__iter__(value))}}}'
    if isinstance(value, frozenset):
        return f'{{"frozenset":{_array(frozenset.__iter__(value))}}}'
    if isinstance(value, bytes):
        return f'{{"bytes":"{bytes.hex(value)}"}}'
    if isinstance(value, complex):
        return f'{{"complex":{_array((value.real, value.imag))}}}'
    if isinstance(value, range):
        return f'{{"range":{_array((value.start, value.stop, value.step))}}}'
    kind = type(value).__name__
    if (type(value).__module__, kind) in (("decimal", "Decimal"), ("fractions", "Fraction")):
        return f'{{"{kind}":{quote(str(value))}}}'
    return _encode_foreign(value)


def _encode_foreign(value: Any) -> str:
    truth = items = "null"
    with Caught():
        truth = "true" if value else "false"
    if hasattr(type(value), "__next__") or hasattr(type(value), "__len__"):
        with Caught():
            items = _array(islice(value, ITEMS))
    return f'{{"object":[{quote(type(value).__name__)},{truth},{items}]}}'


def _decimal(text: str) -> object:
    from decimal import Decimal

    return Decimal(text)


def _fraction(text: str) -> object:
    from fractions import Fraction

    return Fraction(text)


def _foreign(body: list[object]) -> Foreign:
    name, truth, items = body
    if not (truth is None or isinstance(truth, bool)):
        raise ValueError("a truth value must be true, false or null")
    return Foreign(str(name), truth, None if items is None else _items(items))


def _items(form: object) -> list[object]:
    value = decode(form)
    if not isinstance(value, list):
        raise ValueError("items must be a list")
    return value


def _mapping(body: list[object]) -> dict[object, object]:
    return dict(pair for pair in _items(body) if isinstance(pair, tuple) and len(pair) == 2)


def _numbers(body: list[object]) -> list[int]:
    return [int(str(number)) for number in _items(body)]


_FROM_TEXT: dict[str, Callable[[str], object]] = {
    "int": lambda text: int(text, 16),
    "bytes": bytes.fromhex,
    "Decimal": _decimal,
    "Fraction": _fraction,
}
_FROM_LIST: dict[str, Callable[[list[object]], object]] = {
    "tuple": lambda body: tuple(_items(body)),
    "dict": _mapping,
    "set": lambda body: set(_items(body)),
    "frozenset": lambda body: frozenset(_items(body)),
    "complex": lambda body: complex(*[float(str(part)) for part in body]),
    "range": lambda body: range(*_numbers(body)),
    "object": _foreign,
}
