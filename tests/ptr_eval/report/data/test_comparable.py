"""What runs must have in common to be ranked."""

from typing import Any

import pytest

from ptr_eval.report.data.comparable import Conditions, Incomparable, check, differences


def conditions(run: str, task: str = "t", **changed: Any) -> Conditions:
    fields: dict[str, Any] = {
        "version": "1.0", "data": "abc", "prompt": {"num_fewshot": "0"},
        "limits": {"max_gen_toks": "512"}, "scorer": "strict",
    }  # fmt: skip
    return Conditions(run, task, **{**fields, **changed})


@pytest.mark.parametrize(
    ("kind", "changed", "sentence"),
    [
        ("version", {"version": "2.0"}, "t: version differs: '1.0' in a and b, '2.0' in c."),
        ("data", {"data": "xyz"}, "t: data differs: 'abc' in a and b, 'xyz' in c."),
        (
            "prompt",
            {"prompt": {"num_fewshot": "5"}},
            "t: prompt differs in num_fewshot: '0' in a and b, '5' in c.",
        ),
        (
            "limits",
            {"limits": {}},
            "t: limits differs in max_gen_toks: '512' in a and b, 'not set' in c.",
        ),
        ("scorer", {"scorer": "x"}, "t: scorer differs: 'strict' in a and b, 'x' in c."),
    ],
)  # fmt: skip
def test_each_difference_is_refused_by_name(
    kind: str, changed: dict[str, Any], sentence: str
) -> None:
    runs = [conditions("a"), conditions("b"), conditions("c", **changed)]
    assert list(differences(runs)) == [(kind, sentence)]
    with pytest.raises(Incomparable) as caught:
        check(runs, ())
    assert sentence in str(caught.value)
    assert f"allow: [{kind}]" in str(caught.value)
    assert check(runs, [kind]) == [sentence]


def test_all_differences_are_said_at_once_and_tasks_kept_apart() -> None:
    runs = [
        conditions("a", data="x", version="2"), conditions("b"),
        conditions("a", "u"), conditions("b", "u"),
    ]  # fmt: skip
    assert [kind for kind, _ in differences(runs)] == ["version", "data"]
    with pytest.raises(Incomparable, match=r"allow: \[data\]"):
        check(runs, ["version"])
