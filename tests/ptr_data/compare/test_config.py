"""Configurations of comparisons: what is refused, in one sentence each."""

from pathlib import Path
from typing import Any

import pytest

from ptr_data.compare.config import CompareConfig
from ptr_data.compare.run import compare_from
from ptr_eval.config import read_yaml_config
from ptr_eval.errors import UserError
from tests.ptr_data.compare.compare_factory import prepare, settings, write_lines

JUDGE = {"kind": "judge", "model": "judge"}
HF = {"name": "judge", "backend": "hf", "args": {"pretrained": "m"}}


def test_one_name_is_a_list_of_one(tmp_path: Path) -> None:
    config = read_yaml_config(prepare(tmp_path), CompareConfig)
    assert (config.weak, config.strong) == (["small"], ["large"])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"weak": "tiny"}, "`weak`: 'tiny' is none of the models small, large"),
        ({"strong": ["large", "large"]}, "`strong`: 'large' is there twice"),
        ({"strong": "small"}, "'small' is both weak and strong; name it in one of them"),
        ({"measure": JUDGE}, "'judge' is none of the models small, large"),
        (
            {"measure": {"kind": "judge", "model": "large"}},
            "the judge large cannot be recorded; give its scores with `kind: given`",
        ),
        ({"models": [HF, HF]}, "`models`: two models are called 'judge'"),
        ({"thoughts": 0}, "`thoughts`: must be greater than or equal to 1"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        compare_from(prepare(tmp_path, **changed))
    assert message in str(caught.value)


def test_sources_without_fit_questions_are_refused(tmp_path: Path) -> None:
    path = prepare(tmp_path, measure={"kind": "scorer", "scorer": "maths"})
    write_lines(tmp_path / "queries.jsonl", [{"question": "What is 2+2?", "output": ""}])
    with pytest.raises(UserError) as caught:
        compare_from(path)
    assert str(caught.value) == (
        "sources: they hold no fit questions; name files that hold some, with the answers that a "
        "scorer needs."
    )


def test_the_identity_follows_what_files_hold_and_not_where_they_are(tmp_path: Path) -> None:
    def identity(folder: str, **changed: Any) -> Any:
        return read_yaml_config(prepare(tmp_path / folder, **changed), CompareConfig).identity()

    assert identity("one") == identity("other")
    for changed in ({"thoughts": 3}, {"sample": 9}, {"seed": 1}, {"alpha": 0.01},
                    {"weak": "large", "strong": "small"}):  # fmt: skip
        assert identity("third", **changed) != identity("one")
    before = identity("one")
    write_lines(tmp_path / "one" / "scores.jsonl", [])
    path = tmp_path / "one" / "compare.yaml"
    assert read_yaml_config(path, CompareConfig).identity() != before
    assert settings()["out"] == "out"
