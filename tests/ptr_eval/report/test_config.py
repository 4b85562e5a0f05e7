"""The report's configuration."""

from pathlib import Path

import pytest

from ptr_eval.config import read_yaml_config
from ptr_eval.errors import UserError
from ptr_eval.report import ReportConfig, RunEntry


def read(folder: Path, text: str) -> ReportConfig:
    path = folder / "report.yaml"
    path.write_text(text, encoding="utf-8")
    return read_yaml_config(path, ReportConfig)


def test_everything_can_be_set(tmp_path: Path) -> None:
    text = """
        title: Mine
        runs: [{path: a, name: A, method: PTR, step: 0}, {path: ../b}]
        baseline: A
        clusters: {ptr_mmlu: subject}
        published: true
        allow: [prompt, limits]
        viewer_items: 0
    """
    assert read(tmp_path, text) == ReportConfig(
        title="Mine",
        runs=(
            RunEntry(path=tmp_path / "a", name="A", method="PTR", step=0),
            RunEntry(path=tmp_path / ".." / "b"),
        ),
        baseline="A",
        clusters={"ptr_mmlu": "subject"},
        published=True,
        allow=("prompt", "limits"),
        viewer_items=0,
    )


def test_an_empty_file_is_the_default(tmp_path: Path) -> None:
    assert read(tmp_path, "") == ReportConfig()


def test_all_problems_are_said_at_once(tmp_path: Path) -> None:
    text = """
        titel: x
        runs: [{name: A}, {path: a, step: fast, colour: red}, 7]
        round: 0
        allow: [weather]
        clusters: [1]
        seed: -1
        published: maybe
    """
    with pytest.raises(UserError) as caught:
        read(tmp_path, text)
    said = str(caught.value)
    for problem in (
        "10 problems",
        "`titel`: unknown key (known: title, ",
        "`runs.0.path` is missing",
        "`runs.1.step`: must be a valid integer, not 'fast'",
        "`runs.1.colour`: unknown key (known: path, name, ",
        "`runs.2`: must be a valid mapping, a RunEntry, not 7",
        "`round`: must be greater than or equal to 1, not 0",
        "`allow.0`: must be 'version', 'data', 'prompt', 'limits' or 'scorer', not 'weather'",
        "`clusters`: must be a mapping, not [1]",
        "`seed`: must be greater than or equal to 0, not -1",
        "`published`: must be a valid boolean, not 'maybe'",
    ):
        assert problem in said
    assert str(tmp_path / "report.yaml") in said


@pytest.mark.parametrize(
    ("text", "said"), [("a: [", "cannot be read"), ("- x", "must be a mapping"), ("\0", "be read")]
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=rf"report\.yaml.*{said}"):
        read(tmp_path, text)
    with pytest.raises(UserError, match=r"nowhere\.yaml cannot be read"):
        read_yaml_config(tmp_path / "nowhere.yaml", ReportConfig)
