"""Readers, scorers and protocols from outside the package: the folder that the document shows."""

from pathlib import Path
from typing import Any

import pytest
from lm_eval import simple_evaluate
from lm_eval.tasks import TaskManager

from ptr_eval.errors import UserError
from ptr_eval.harness.rescore import load_task, rescore
from ptr_eval.report import RunEntry, write_report
from ptr_eval.report.data.tidy import build
from ptr_eval.report.page.items import views
from ptr_eval.runs import find_tasks, questions, read_run
from tests.own_parts import QUESTIONS, capital, write_folder, write_questions
from tests.scripted_lm import ScriptedLM, evaluate, evaluate_into


class Critic(ScriptedLM):
    """Answers wrongly, criticises with the right name, then answers rightly; counts its turns."""

    def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
        if self.stops_after is not None and len(self.prompts) >= self.stops_after:
            raise KeyboardInterrupt
        self.prompts.append(prompt)
        number = int(prompt.split("[q")[1].split("]")[0])
        asked = prompt.count("What is wrong with this answer?")
        if prompt.rstrip().endswith("What is wrong with this answer?\nAnswer:"):
            return f"It should be {capital(number)}"
        return f"It is {capital(number)}." if asked else "It is Nowhere."


@pytest.fixture
def mine(tmp_path: Path) -> tuple[Path, Path]:
    return write_folder(tmp_path / "mine"), write_questions(tmp_path / "data")


def ask(folders: tuple[Path, Path], lm: Any, **settings: Any) -> Any:
    folder, data = folders
    metadata = {"ptr_data": str(data), **settings}
    manager = TaskManager(include_path=str(folder), include_defaults=False, metadata=metadata)
    return simple_evaluate(model=lm, tasks=["capitals"], task_manager=manager, log_samples=True)


def test_the_critique_shown_scores_answers_only_and_counts_all_turns(
    mine: tuple[Path, Path],
) -> None:
    lm = Critic()
    results = ask(mine, lm)
    values = results["results"]["capitals"]
    assert [values[f"acc@{t},named"] for t in (1, 2, 3)] == [0.0, 1.0, 1.0]
    assert [values[f"fixed@{t},named"] for t in (2, 3)] == [1.0, 1.0]
    assert values["broken@3,named"] == 0.0
    assert len(lm.prompts) == 5 * QUESTIONS  # Three answers and two critiques each.
    # Round 1 is one turn; later rounds are a critique and an answer.
    each = [values[f"generated_tokens@{t},named"] for t in (1, 2, 3)]
    assert each[1] == each[2] > 1.5 * each[0]


def test_ptr_rounds_reaches_a_protocol_of_one_s_own(mine: tuple[Path, Path]) -> None:
    lm = Critic()
    values = ask(mine, lm, ptr_rounds=5)["results"]["capitals"]
    assert values["acc@5,named"] == 1.0
    assert len(lm.prompts) == 9 * QUESTIONS


def test_a_protocol_that_has_other_rounds_than_asked_is_refused(
    mine: tuple[Path, Path], tmp_path: Path
) -> None:
    own = tmp_path / "two.py"
    own.write_text(
        "class Two:\n"
        "    sampled = False\n"
        "    answers_per_round = (1, 1)\n"
        "    def __init__(self, options): ...\n"
        "    def converse(self, question): ...\n"
    )
    with pytest.raises(UserError, match=r"ptr_rounds=5: the protocol .*two\.py:Two has 2 rounds"):
        ask(mine, Critic(), ptr_protocol=f"{own}:Two", ptr_rounds=5)


def test_a_protocol_that_breaks_its_word_is_refused(
    mine: tuple[Path, Path], tmp_path: Path
) -> None:
    own = tmp_path / "liar.py"
    own.write_text(
        "from ptr_eval.protocols import Turn\n"
        "class Liar:\n"
        "    sampled = False\n"
        "    answers_per_round = (1, 1, 1)\n"
        "    def __init__(self, options): ...\n"
        "    def converse(self, question):\n"
        "        yield [Turn(question)]\n"
        "        yield [Turn(question, 'critique', scored=False)]\n"
    )
    message = r"Liar: its rounds had \[1\] scored turns, not the \[1, 1, 1\]"
    with pytest.raises(UserError, match=message):
        ask(mine, Critic(), ptr_protocol=f"{own}:Liar")


def test_a_run_is_resumed_rescored_and_reported(mine: tuple[Path, Path], tmp_path: Path) -> None:
    ledger = {"ptr_ledger": str(tmp_path / "ledger")}
    lost = Critic(stops_after=13)
    with pytest.raises(KeyboardInterrupt):
        run(mine, lost, tmp_path / "lost", **ledger)
    again = Critic()
    run(mine, again, tmp_path / "out", **ledger)
    assert len(again.prompts) <= 5 * QUESTIONS - QUESTIONS  # The first step was in the ledger.
    _, changes = rescore(tmp_path / "out", tmp_path / "again", metadata={}, include_path=mine[0])
    assert changes == []
    for folder in ("out", "again"):
        (saved,) = read_run(tmp_path / folder)
        for question in questions(saved):
            kinds = [[turn.kind for turn in answer.turns] for answer in question.answers]
            assert kinds == [["answer"], ["critique", "answer"], ["critique", "answer"]]
            critique = question.answers[1].unscored[0]
            assert critique.reply.response.startswith("It should be City")
            assert "What is wrong with this answer?" in critique.reply.prompt
    report = write_report([RunEntry(path=tmp_path / "out")], tmp_path / "report")
    assert "100.0 %" in " ".join(report.summary)
    assert "What is wrong" not in report.markdown.read_text()


def run(folders: tuple[Path, Path], lm: Any, out: Path, **settings: Any) -> None:
    folder, data = folders
    metadata = {"ptr_data": str(data), **settings}
    evaluate_into(out, lm, metadata, "capitals", include_path=folder, log_samples=True)


WRONG = {
    "a number": ("reader: 3", r"reader: 3 is not a function or class of a module"),
    "no such name": ("reader: capitals.py:nothing", r"capitals\.py has nothing called nothing"),
    "no such file": ("reader: nowhere.py:read", r"reader=nowhere\.py:read: no file nowhere\.py in"),
    "no such module": ("reader: no.such.module:read", r"no\.such\.module cannot be imported"),
    "unknown": ("reader: capitalz", r"reader=capitalz: unknown; choose one of arc, contest"),
    "two arguments": (
        "reader: capitals.py:score_name",
        r"score_name: missing a required argument: 'question'; it should be a function "
        r"`reader\(row: SourceRow\) -> Iterable\[dict\]`",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_part_that_does_not_fit_is_refused_with_the_signature_it_should_have(
    mine: tuple[Path, Path], name: str
) -> None:
    line, message = WRONG[name]
    path = mine[0] / "capitals.yaml"
    text = path.read_text()
    old = next(row for row in text.splitlines() if "reader:" in row)
    path.write_text(text.replace(old, f"  {line}"))
    with pytest.raises(UserError, match=message):
        ask(mine, Critic())


def test_a_scorer_that_returns_no_score_is_refused(mine: tuple[Path, Path]) -> None:
    with (mine[0] / "capitals.py").open("a") as file:
        file.write("\n\ndef yes(response, question):\n    return True\n")
    path = mine[0] / "capitals.yaml"
    path.write_text(path.read_text().replace("capitals.py:score_name", "capitals.py:yes"))
    with pytest.raises(UserError, match=r"yes: it returned True; it should be a function `score"):
        ask(mine, Critic())


def test_a_run_wide_setting_in_a_task_file_is_refused(mine: tuple[Path, Path]) -> None:
    path = mine[0] / "capitals.yaml"
    path.write_text(path.read_text().replace("ptr_rounds: 3", "ptr_rounds: 3, ptr_ledger: x"))
    with pytest.raises(UserError, match=r"capitals\.yaml: ptr_ledger holds for a whole run"):
        ask(mine, Critic())


# Two tasks in one process


def test_each_task_has_its_own_settings_and_the_results_say_which(
    mine: tuple[Path, Path], sums: Path, tmp_path: Path
) -> None:
    """The second task's thinking mark and rounds are its own, whatever the first task's are."""
    write_questions(sums)
    path = mine[0] / "capitals.yaml"
    text = path.read_text().replace("ptr_rounds: 3", "ptr_rounds: 2, ptr_thinking_end: </t>")
    path.write_text(text.replace("ptr_protocol: capitals.py:Critique, ", ""))
    results = evaluate(
        Thinking(), {"ptr_data": str(sums)}, ["ptr_gsm8k", "capitals"],
        include_path=mine[0], limit=2, log_samples=True,
    )  # fmt: skip
    described = {task: config["ptr"]["settings"] for task, config in results["configs"].items()}
    assert described["ptr_gsm8k"]["thinking_end"] == "</think>"
    assert described["capitals"]["thinking_end"] == "</t>"
    visible = {
        task: [arguments[2]["visible_tokens"] for arguments in samples[0]["arguments"]]
        for task, samples in results["samples"].items()
    }
    long, short = visible["ptr_gsm8k"], visible["capitals"]
    assert len(long) == 3
    assert len(short) == 2
    assert max(short) < min(long)  # `</t>` ends the block for `capitals` alone.


class Thinking(ScriptedLM):
    def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
        return "<t>Perhaps it is this one, or that one, or another one.</t> It is Nowhere."


def test_tasks_that_differ_in_a_run_wide_setting_are_refused(sums: Path, tmp_path: Path) -> None:
    tasks = [
        load_task("ptr_gsm8k", {"ptr_data": str(sums)}),
        load_task("ptr_gsm8k", {"ptr_data": str(sums), "ptr_ledger": str(tmp_path / "ledger")}),
    ]
    tasks[1].config.task = "ptr_other"
    message = (
        r"ptr_ledger holds for a whole run, but its tasks differ "
        r"\(None in ptr_gsm8k, .*ledger in ptr_other\); give it once with --metadata\."
    )
    with pytest.raises(UserError, match=message):
        simple_evaluate(
            model=ScriptedLM(),
            tasks=tasks,
            task_manager=TaskManager(include_defaults=False),
            limit=2,
        )
    assert not (tmp_path / "ledger").exists()


def test_the_viewer_holds_the_turns_that_are_not_scored(
    mine: tuple[Path, Path], tmp_path: Path
) -> None:
    run(mine, Critic(), tmp_path / "out")
    (task,) = find_tasks([RunEntry(path=tmp_path / "out")])
    table = build([task], {})
    (view, *_) = views([task], table.offsets, [[0]], table.texts)
    assert [each.unscored for each in view.rounds] == [
        (),
        (("critique", "It should be City0"),),
        (("critique", "It should be City0"),),
    ]
    assert [each.verdict for each in view.rounds] == ["wrong", "correct", "correct"]
