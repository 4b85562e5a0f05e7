"""Configurations of builds: what they fill in, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from ptr_data.build import build_from
from ptr_data.methods.gsr.config import STUDENT, TEACHER
from ptr_eval.errors import UserError
from tests.ptr_data.methods.gsr.gsr_factory import config, prepare, settings


def test_models_sample_as_published_unless_told_otherwise(tmp_path: Path) -> None:
    models = settings()["models"]
    models[0]["generation"] = {"max_new_tokens": 9}
    models[1]["generation"] = "published"
    found = config(tmp_path, models=models)
    student, teacher = (found.model(name).generation for name in ("student", "teacher"))
    assert student.model_dump().items() >= {**STUDENT, "max_new_tokens": 9}.items()
    assert teacher.model_dump().items() >= TEACHER.items()


def test_all_mistakes_of_a_configuration_are_said_at_once(tmp_path: Path) -> None:
    path = prepare(
        tmp_path, teacher="tutor", candidates={"samples": 3}, solutions={"samples": 2},
        prompt={"question": "Why?"}, prefilter={"pass_rate": {"least": 0.9, "most": 0.1}},
        direct={"kind": "source", "share": 1}, verifier={"kind": "judge", "model": "nobody"},
    )  # fmt: skip
    with pytest.raises(UserError) as caught:
        build_from(path)
    said = str(caught.value)
    for problem in (
        "`teacher`: 'tutor' is none of the models student, teacher",
        "`candidates`: must have `least` up to `keep`, and `keep` up to `samples`",
        "`solutions`: must have `easy_keep` up to `samples`",
        "`prompt.question`: must hold {question}",
        "`prefilter.pass_rate`: must have `least` up to `most`",
        "`direct.share`: must be less than 1",
        "'nobody' is none of the models",
    ):
        assert problem in said, said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"sources": [{"path": "source.jsonl", "columns": {"question": "problem"}}]},
            r"no row is left after the prefilter \(no reference answer: .*name the column of the "
            r"answers under `sources`",
        ),
        (
            {"prefilter": {"pass_rate": {"column": "difficulty"}}},
            r"no row is left.*no pass rate: .*or set `prefilter: \{pass_rate: null\}`",
        ),
        (
            {"prefilter": {"where": {"kind": "x"}}},
            r"source\.jsonl, line 1: has no column 'kind', which `prefilter\.where` names",
        ),
        (
            {"direct": {"kind": "source", "column": "steps"}},
            r"source\.jsonl, line 1: has no column 'steps'",
        ),
        ({"student": "teacher"}, r"both 'teacher', but they sample otherwise: give .* two entries"),
        ({"method": "gssr"}, r"`method`: must be 'ptr' or 'gsr', not 'gssr'"),
        ({"candidates": {"least": 4}, "prompt": {"limit": 1}}, r"prompt too long: 3\d"),
        (
            {"models": [{"name": n, "backend": "nosuch"} for n in ("student", "teacher")]},
            r"Backend 'nosuch' is unknown",
        ),
    ],
)
def test_what_cannot_work_is_said_with_a_remedy(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        build_from(prepare(tmp_path, **changed))
