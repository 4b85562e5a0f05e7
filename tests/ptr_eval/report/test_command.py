"""`ptr-eval report` and `ptr-eval suite` on the command line."""

import shlex
from pathlib import Path

import pytest

from ptr_eval.cli import main


def refused(*arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return str(caught.value.code)


def test_report_says_in_short_what_the_rounds_did(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "report.yaml").write_text("baseline: base\n")
    out = tmp_path / "out"
    config = ["--config", str(tmp_path / "report.yaml")]
    main(["report", str(runs / "base"), str(runs / "better"), "--out", str(out), *config])
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("base on ptr_gsm8k: 40.0 % in round 1, 60.0 % in round 3")
    assert said[1].startswith("better on ptr_gsm8k: 50.0 % in round 1, 100.0 % in round 3")
    assert said[2:] == [str(out / "report.html"), str(out / "report.md")]


def test_report_refuses_what_cannot_work_in_one_sentence(runs: Path, tmp_path: Path) -> None:
    out = ["--out", str(tmp_path / "out")]
    assert "no such file or folder" in refused("report", str(tmp_path / "nowhere"), *out)
    assert "No runs to report" in refused("report", *out)
    (tmp_path / "report.yaml").write_text("baselin: x\n")
    config = ["--config", str(tmp_path / "report.yaml")]
    said = refused("report", str(runs / "base"), *out, *config)
    assert "`baselin`: unknown key" in said
    assert "\n" not in said
    assert not (tmp_path / "out").exists()


SUITE = """
out: results
models: {tiny: {args: {pretrained: ./tiny}, method: Prompt}}
instructions: [neutral, critical]
tasks: {ptr_gsm8k: {limit: 3}}
report: {config: report.yaml}
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "config.json").write_text("{}")
    (tmp_path / "report.yaml").write_text("title: Mine\n")
    (tmp_path / "suite.yaml").write_text(SUITE)
    return tmp_path / "suite.yaml"


def test_a_suite_can_be_printed_before_it_runs(
    suite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["suite", str(suite), "--dry-run"])
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("#")]
    assert len(lines) == 2
    assert all(shlex.split(line)[0] == "lm_eval" for line in lines)
    assert "--limit 3" in lines[0]
    assert not (suite.parent / "results").exists()


def test_a_suite_s_report_is_checked_before_anything_runs(suite: Path) -> None:
    (suite.parent / "report.yaml").write_text("round: none\n")
    assert "`round`: must be a valid integer" in refused("suite", str(suite))
    assert not (suite.parent / "results").exists()
