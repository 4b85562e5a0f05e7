"""Texts inside JSON."""

import pytest

from ptr_eval.scoring.json_field import embedded_json_value, json_value
from tests.long_texts import no_runaway


def is_code(name: str, text: str) -> bool:
    return name == "code" and bool(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"code": "a"}', "a"),
        ('```json\n{"code": "a"}\n```', "a"),
        ('{"x": 1, "code": "a\nb"}', "a\nb"),
        ("{'code': 'a'}", "a"),
        ('{"code": """a\nb"""}', "a\nb"),
        ('{"result": {"code": "a"}}', "a"),
        ('[{"code": "a"}, {"code": "b"}]', "b"),
        ('{"code": "a",}', "a"),
        ('{"code": ""}', None),
        ('{"code": 1}', None),
        ('{"code": "a"} and more', None),
        ('{"code": "a"', None),
        ("code", None),
        ("", None),
        ("[" * 5000 + "]" * 5000, None),
    ],
)
def test_field_of_a_text_that_is_json(text: str, found: str | None) -> None:
    assert json_value(text, is_code) == found


def test_text_alone_has_no_name() -> None:
    assert json_value('"a"', lambda name, text: name == "" and text == "a") == "a"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('It is {"code": "a"}, no more.', "a"),
        ('First {"code": "a"}, then {"code": "b"}.', "b"),
        ('First {"code": "a"}, then {"other": "b"}.', "a"),
        ('A cut off {"code": "a', None),
        ("No object", None),
    ],
)
def test_field_of_an_object_in_prose(text: str, found: str | None) -> None:
    assert embedded_json_value(text, is_code) == found


@pytest.mark.parametrize("piece", ['{"code": ', '{"code": "a"}', "{", '"', "[", "{'a': "])
def test_a_megabyte_is_read_in_linear_time(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    with no_runaway():
        json_value(text, is_code)
        embedded_json_value(text, is_code)
