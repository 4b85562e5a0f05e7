"""Everything that is wrong with a build is said at once, before anything is read."""

from pathlib import Path
from typing import Any

import pytest

from ptr_data.build import build_from
from ptr_eval.errors import UserError
from tests.ptr_data.methods.gsr import gsr_factory
from tests.ptr_data.methods.ptr import ptr_factory


def problems_of(path: Path) -> list[str]:
    with pytest.raises(UserError) as caught:
        build_from(path)
    return [line.removeprefix(f"  - {path}, ") for line in str(caught.value).split("\n")]


def test_all_mistakes_are_said_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    models: list[dict[str, Any]] = [
        {"name": "small", "backend": "hf", "args": {"pretrained": "./no", "batchsize": 4}},
        {"name": "large", "backend": "nosuch"},
        {"name": "asked", "backend": "local-chat-completions", "args": {"base_urll": "x", "n": 1}},
        {"name": "told", "backend": "recorded", "args": {"file": "none.jsonl"}},
    ]
    path = ptr_factory.prepare(
        tmp_path, models=models, weak=["small"], strong="larg", measure=None, gate={},
        sources=[{"path": "none.jsonl"}, {"hub": "a/b"}], decontamination={"data": "none"},
        sft={"share": 0.1, "sources": [{"path": "none/*.csv"}]}, answers={"examples": "none.jsonl"},
    )  # fmt: skip
    problems = problems_of(path)
    assert problems[0] == "11 problems:"
    assert problems[1:4] == [
        f"`sources.0`: {tmp_path}/none.jsonl matches no file; check `path`.",
        f"`sft.sources.0`: {tmp_path}/none/*.csv matches no file; check `path`.",
        "`models.0`: `args.batchsize`: unknown key; do you mean `batch_size`?",
    ]
    assert problems[4].startswith("`models.1`: Backend 'nosuch' is unknown; choose one of ")
    assert problems[5] == "`models.2`: `args.base_urll`: unknown key; do you mean `base_url`?"
    assert problems[6].startswith("`models.2`: `args.n`: unknown key (known: add_bos_token, ")
    assert problems[7:10] == [
        "`models.3`: there is no file none.jsonl of recorded generations.",
        "`answers.examples`: there is no file none.jsonl.",
        f"`decontamination`: there is no folder {tmp_path}/none; name the one with the "
        "benchmarks' files as `data`, or leave `data` out to load them from the hub.",
    ]
    assert problems[10].startswith("`strong`: 'larg' is none of the models small, large,")
    assert problems[11].startswith("`measure`: must say how weak and strong answers are scored")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("values", [[], {}, {"models": 3}, {"models": [3], "sources": [3, {}]}])
def test_what_is_malformed_is_left_to_the_configuration(tmp_path: Path, values: Any) -> None:
    path = tmp_path / "build.yaml"
    path.write_text(str(values))
    assert "Traceback" not in "".join(problems_of(path))


def test_a_gsr_build_is_looked_at_as_well(tmp_path: Path) -> None:
    path = gsr_factory.prepare(tmp_path, sources=[{"path": "none.csv"}], student="teacher")
    problems = problems_of(path)
    assert problems[0] == "2 problems:"
    assert problems[1].startswith("`sources.0`: ")
    assert problems[2].startswith("`teacher`: student and teacher are both 'teacher'")


def test_benchmarks_that_cannot_be_loaded_stop_a_build_before_it_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*names: object, **more: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("datasets.load_dataset", offline)
    path = ptr_factory.prepare(tmp_path, decontamination={"tasks": ["ptr_gsm8k"]})
    with pytest.raises(UserError, match=r"or give local files with `decontamination: \{data: FOLD"):
        build_from(path)
    assert not (tmp_path / "out" / "work" / "read").exists()
