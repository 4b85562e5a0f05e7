"""YAML 1.2's core schema: what is a number, what is text, and what is refused."""

import logging
import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.strict_yaml import dump_yaml, parse_yaml


def value_of(text: str) -> Any:
    return parse_yaml(text, "c.yaml").value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-5", 1e-5),
        ("1E5", 1e5),
        ("1.0e-5", 1e-5),
        ("1e-1", 0.1),
        ("+1.e2", 100.0),
        (".5", 0.5),
        ("-.5E+1", -5.0),
        ("-.inf", -math.inf),
        ("7", 7),
        ("-7", -7),
        ("010", 10),
        ("0o10", 8),
        ("0xFf", 255),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
    ],
)
def test_numbers_truth_values_and_null_are_those_of_yaml_1_2(text: str, expected: Any) -> None:
    found = value_of(f"[{text}]" if text else text)
    found = found[0] if text else found
    assert (found, type(found)) == (expected, type(expected))


def test_not_a_number_is_one() -> None:
    assert math.isnan(value_of(".nan"))


@pytest.mark.parametrize(
    "text",
    ["yes", "no", "On", "off", "1:30", "1_000", "0b11", "-0x1", "1e", "e5", "2024-01-01", "=", ".",
     "'1'", '"true"', "tRue"],
)  # fmt: skip
def test_all_else_is_text(text: str) -> None:
    assert value_of(text) == text.strip("'\"")


@pytest.mark.parametrize("text", ["no", "1:30", "1_000", "0b11"])
def test_text_that_yaml_1_1_read_otherwise_is_logged(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert value_of(f"a: 1\nb: {{c: {text}}}") == {"a": 1, "b": {"c": text}}
    assert f"c.yaml, line 2: `b.c: {text}` is text, as in YAML 1.2" in caplog.text
    caplog.clear()
    value_of(f"b: '{text}'")
    assert not caplog.text


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("a: 1\nb: 2\na: 3", ["`a` is given twice, in lines 1 and 3; keep one."]),
        ("a: {b: 1, 'b': 2}", ["`a.b` is given twice in line 1; keep one."]),
        ("- a: 1\n  a: 2\n  a: 3", ["`0.a` is given 3 times, in lines 1, 2 and 3; keep one."]),
        (
            "a: {x: 1,\n x: 2}\nb: {y: 1, y: 1}",
            ["`a.x` is given twice, in lines 1 and 2; keep one.",
             "`b.y` is given twice in line 3; keep one."],
        ),
        ("1: a\n0x1: b", ["`1` is given twice, in lines 1 and 2; keep one."]),
        ("a: &x {b: 1, b: 2}\nc: *x", ["`a.b` is given twice in line 1; keep one."]),
        (
            "x: &x {b: 1}\ny: {<<: *x,\n <<: *x}",
            ["`y.<<` is given twice, in lines 2 and 3; keep one."],
        ),
        ("1: a\n'1': b", []),
        ("a: {b: 1}\nc: {b: 1}", []),
    ],
)  # fmt: skip
def test_keys_that_are_given_twice_are_found_with_their_lines(
    text: str, problems: list[str]
) -> None:
    assert parse_yaml(text, "c.yaml").problems == problems


def test_a_key_beside_a_merge_is_no_duplicate() -> None:
    text = "base: &base {a: 1, b: 2}\none: {<<: *base, b: 3}\ntwo: {b: 4, <<: [*base, {c: 5}]}"
    parsed = parse_yaml(text, "c.yaml")
    assert parsed.problems == []
    assert parsed.value["one"] == {"a": 1, "b": 3}
    assert parsed.value["two"] == {"a": 1, "b": 4, "c": 5}


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
MERGES = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 60 + "]" * 60, "nested more than 50 levels deep"),
        ("[" * 100_000, "nested more than 50 levels deep"),
        ("a: " + "{b: " * 5_000, "nested more than 50 levels deep"),
        ("- " * 2_000 + "x", "nested more than 50 levels deep"),
        (BOMB, "with its aliases replaced it has over 100,000 values"),
        (MERGES, "with its aliases replaced it has over 100,000 values"),
        ("b: 1\na: &a [*a]", "line 2: an anchor whose value contains itself"),
        ("a: &a {b: {<<: *a}}", "line 1: an anchor whose value contains itself"),
        ("a: [", "line 1, column 5: while parsing a flow node, expected the node content"),
        ("a: b: c", "line 1, column 5: mapping values are not allowed here"),
        ("a: *b", "line 1, column 4: found undefined alias 'b'"),
        ("a: !!python/name:os.system", "could not determine a constructor for the tag"),
        ("? [a]\n: b", "found unhashable key"),
        ("a: 1\n---\nb: 2", "expected a single document"),
        ("\x01", "special characters are not allowed"),
    ],
)
def test_what_is_no_yaml_or_too_much_is_refused(text: str, reason: str) -> None:
    with pytest.raises(yaml.YAMLError) as caught:
        parse_yaml(text, "c.yaml")
    assert reason in str(caught.value)


def test_a_number_of_too_many_digits_is_refused() -> None:
    with pytest.raises(ValueError, match="4300 digits"):
        parse_yaml("9" * 5_000, "c.yaml")


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))
    | st.from_regex(r"[-+]?[0-9.]{1,3}[eE:_][-+]?[0-9]{1,2}|0o?[0-9]+|yes|No|on", fullmatch=True),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab1e.", max_size=3), inner)
    ),
    max_leaves=8,
)


@given(PLAIN)
def test_what_is_written_is_read_back_by_either_version(value: Any) -> None:
    text = dump_yaml(value)
    assert parse_yaml(text, "c.yaml") == (value, [])
    assert yaml.safe_load(text) == value
