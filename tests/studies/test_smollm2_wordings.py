"""The comparison of the tasks' wordings, on questions and answers made up for the purpose."""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from ptr_eval.harness.task_file import read_task_file
from ptr_eval.instructions import SYNTHESES
from studies.smollm2.wordings.asking import AT_ONCE, Asked, ask, missing
from studies.smollm2.wordings.figures import change_of, figures_of, scores_of, without_alone
from studies.smollm2.wordings.files import add, kept
from studies.smollm2.wordings.plan import COMPARED, CONFIRMED, FINALISTS, stages
from studies.smollm2.wordings.questions import (
    TASKS,
    newest_of,
    prompts_of,
    questions_of,
    templates_of,
)
from studies.smollm2.wordings.rounds import ALL_INSTRUCTIONS, LATER, ask_later
from studies.smollm2.wordings.tables import PAIRS, write_tables
from studies.smollm2.wordings.texts import WORDINGS

ARC = "ptr_arc_easy"
KEY = "AABC"
REPORT = Path("reports/smollm2/prompts.md")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Four questions with the options A to D; the stem of the nth ends in its answer."""
    rows = [
        {
            "id": f"q{n}",
            "question": {
                "stem": f"Which is thing {n}? It is {letter}",
                "choices": [{"label": label, "text": f"thing {label}"} for label in "ABCD"],
            },
            "answerKey": letter,
        }
        for n, letter in enumerate(KEY)
    ]
    folder = tmp_path / "data"
    write_lines(folder / "arc" / "ARC-Easy-Dev.jsonl", rows)
    return folder


def write_lines(path: Path, rows: Sequence[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def answered(data: Path, by_key: dict[str, list[str]], ends: str = "stop") -> dict[int, Any]:
    """Answer the made-up questions in turn, by the letter of their key."""
    texts = {letter: iter(of_letter) for letter, of_letter in by_key.items()}
    return {
        place: {
            "place": place, "asked": [], "answers": [next(texts[question["gold"]])],
            "tokens": 2 * place, "ends": [ends if place == 0 else "stop"],
        }
        for place, question in enumerate(questions_of(ARC, data))
    }  # fmt: skip


FIRST = {"A": ["A. thing A", "A. thing A"], "B": ["A. thing A"], "C": ["I cannot tell."]}
"""Three of four name A, two of them rightly; one names no option."""


def test_figures_are_those_counted_by_hand(data: Path) -> None:
    rows = list(answered(data, FIRST, ends="length").values())
    figures = figures_of(ARC, rows, scores_of(ARC, rows, data), data)
    # Wilson for 1 of 4: (0.25 + 0.4802 +- 1.96 sqrt(0.046875 + 0.060025)) / 1.9604.
    without = figures.without
    assert (without.value, without.low, without.high) == pytest.approx(
        (0.25, 0.0456, 0.6994), abs=1e-4
    )
    assert figures.whole_without == 0.25
    assert figures.value == 0.5
    assert figures.cut_off == 0.25
    assert figures.tokens == (0 + 2 + 4 + 6) / 4
    letters = figures.letters
    assert letters is not None
    # Named: A 3/3. Key: A 2/4, B 1/4, C 1/4. (1/2 + 1/4 + 1/4) / 2.
    assert letters.distance == 0.5
    assert (letters.most, letters.share, letters.in_key) == ("A", 1.0, 0.5)


def test_letters_named_as_often_as_the_key_does_are_not_apart(data: Path) -> None:
    as_key = {"A": ["B.", "C."], "B": ["A."], "C": ["A."]}
    rows = list(answered(data, as_key).values())
    letters = figures_of(ARC, rows, scores_of(ARC, rows, data), data).letters
    assert letters is not None
    assert letters.distance == 0
    assert (letters.most, letters.share) == ("A", 0.5)


def test_answers_that_name_no_letter_at_all_have_none_most_named(data: Path) -> None:
    rows = list(answered(data, {letter: ["Hm.", "Hm."] for letter in "ABC"}).values())
    letters = figures_of(ARC, rows, scores_of(ARC, rows, data), data).letters
    assert letters is not None
    assert (letters.most, letters.share, letters.distance) == ("", 0.0, 0.5)


def test_changes_are_those_counted_by_hand(data: Path) -> None:
    before = answered(data, FIRST)
    after = answered(
        data,
        {
            "A": ["A. thing A\n", "I'm ready to help. What is your question?"],
            "B": ["B. thing B\n</candidate>"],
            "C": ["I do not know."],
        },
    )
    change = change_of(ARC, before, after, data)
    assert change.same == 0.25  # But for the space around it.
    assert change.without == 0.5
    assert change.lost_answer == 0.25  # The other one had none before.
    assert change.lost_question == 0.25
    assert change.copies_marks == 0.25
    assert (change.before, change.after) == (0.5, 0.5)


def test_an_answer_equal_to_any_of_the_candidates_is_the_same(data: Path) -> None:
    before = answered(data, FIRST)
    for row in before.values():
        row["answers"] = [*row["answers"], "D. thing D"]
    after = answered(data, {"A": ["D. thing D", "D."], "B": ["D. thing D"], "C": ["C."]})
    assert change_of(ARC, before, after, data).same == 0.5


def test_questions_without_an_answer_under_one_text_alone(data: Path) -> None:
    one = answered(data, {"A": ["A.", "Hm."], "B": ["Hm."], "C": ["Hm."]})
    other = answered(data, {"A": ["Hm.", "A."], "B": ["B."], "C": ["Hm."]})
    assert without_alone(ARC, one, other, data) == (2, 1)
    assert without_alone(ARC, other, one, data) == (1, 2)
    del other[next(place for place, q in enumerate(questions_of(ARC, data)) if q["gold"] == "B")]
    assert without_alone(ARC, one, other, data) == (1, 1)


class Asker:
    """Stands in for a vLLM engine: it answers A, and keeps what it was asked."""

    def __init__(self) -> None:
        self.batches: list[list[Any]] = []

    def chat(self, shown: list[Any], sampling: Any, use_tqdm: bool) -> list[Any]:
        assert not use_tqdm
        self.batches.append(shown)
        one = SimpleNamespace(text="A. thing A", token_ids=[1, 2, 3], finish_reason="stop")
        return [SimpleNamespace(outputs=[one] * getattr(sampling, "n", 1)) for _ in shown]


@pytest.fixture
def asker(monkeypatch: pytest.MonkeyPatch) -> Asker:
    vllm = ModuleType("vllm")
    vllm.SamplingParams = SimpleNamespace  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vllm", vllm)
    return Asker()


def test_asking_again_asks_only_what_is_missing(tmp_path: Path, asker: Asker) -> None:
    def asked(texts: dict[int, str]) -> Asked:
        messages = {place: [{"role": "user", "content": text}] for place, text in texts.items()}
        return Asked(tmp_path / "answers.jsonl", messages, 96, {})

    assert ask(asker, asked({0: "zero", 1: "one"})) == 6
    assert ask(asker, asked({0: "zero", 1: "one"})) == 0
    changed = asked({0: "zero", 1: "one, worded anew", 2: "two"})
    assert missing(changed) == [1, 2]
    assert ask(asker, changed) == 6
    assert [[m[0]["content"] for m in batch] for batch in asker.batches] == [
        ["zero", "one"],
        ["one, worded anew", "two"],
    ]
    rows = kept(changed.path)
    assert {place: row["asked"] for place, row in rows.items()} == changed.messages
    assert rows[1]["answers"] == ["A. thing A"]
    assert (rows[1]["tokens"], rows[1]["ends"]) == (3, ["stop"])


def test_answers_are_kept_part_by_part(tmp_path: Path, asker: Asker) -> None:
    messages = {n: [{"role": "user", "content": str(n)}] for n in range(2 * AT_ONCE + 1)}
    ask(asker, Asked(tmp_path / "answers.jsonl", messages, 96, {}))
    assert [len(batch) for batch in asker.batches] == [2 * AT_ONCE, 1]


def test_a_stop_while_answers_are_written_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "answers.jsonl"
    add(path, [{"place": 0, "asked": "zero"}, {"place": 1, "asked": "one"}])

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", stopped)
        with pytest.raises(KeyboardInterrupt):
            add(path, [{"place": 2, "asked": "two"}])
    assert kept(path) == {0: {"place": 0, "asked": "zero"}, 1: {"place": 1, "asked": "one"}}
    add(path, [{"place": 1, "asked": "one anew"}])
    assert [row["asked"] for row in kept(path).values()] == ["zero", "one anew"]
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2


def test_later_rounds_follow_the_first_answers_and_are_asked_once(
    tmp_path: Path, data: Path, asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LATER, ARC, replace(LATER[ARC], places=range(2), candidates=3))
    files = 2 + len(LATER[ARC].instructions) + len(SYNTHESES)
    assert ask_later(asker, ARC, tmp_path, data) == 3 * 2 * (files + 2)  # Three candidates.
    assert len(asker.batches) == files
    prompt = prompts_of(ARC, newest_of(ARC), range(2), data)[1]
    null = kept(tmp_path / "rounds" / f"{ARC}.null.jsonl")[1]
    assert [message["content"] for message in null["asked"]] == [
        prompt, "A. thing A", ALL_INSTRUCTIONS["null"],
    ]  # fmt: skip
    again = kept(tmp_path / "rounds" / f"{ARC}.restate.jsonl")[1]["asked"][0]["content"]
    assert again.startswith(f'{prompt}\n\n<candidate number="1">\nA. thing A\n</candidate>\n\n')
    assert again.count("</candidate>") == 3
    assert again.endswith(f"The problem again:\n\n{prompt}")
    assert ask_later(asker, ARC, tmp_path, data) == 0


def test_the_plan_names_existing_tasks_and_wordings() -> None:
    planned = list(stages())
    assert {stage.task for stage in planned} == TASKS.keys()
    for stage in planned:
        assert stage.wording in templates_of(stage.task), stage
    assert set(LATER) <= TASKS.keys()
    for later in LATER.values():
        assert set(later.instructions) <= ALL_INSTRUCTIONS.keys()
    said = {*ALL_INSTRUCTIONS, *SYNTHESES}
    assert all({one, other} <= said for one, other in PAIRS)


@pytest.mark.parametrize("task", [task for task, about in TASKS.items() if about.kind])
def test_the_chosen_wording_is_compared_with_the_former_and_confirmed_on_others(task: str) -> None:
    assert not set(COMPARED) & set(CONFIRMED)
    asked = {(stage.wording, stage.places) for stage in stages() if stage.task == task}
    chosen = newest_of(task)
    assert {("v1", COMPARED), (chosen, COMPARED), (chosen, CONFIRMED)} <= asked


@pytest.mark.parametrize("task", [task for task, about in TASKS.items() if about.kind == "choice"])
def test_the_finalists_are_asked_of_every_task_with_options(task: str) -> None:
    asked = {(stage.wording, stage.places) for stage in stages() if stage.task == task}
    assert {(one, places) for one in FINALISTS for places in (COMPARED, CONFIRMED)} <= asked


def test_an_answer_that_was_cut_off_is_not_counted_among_the_whole_ones(data: Path) -> None:
    rows = list(answered(data, {letter: ["Hm.", "Hm."] for letter in "ABC"}, "length").values())
    figures = figures_of(ARC, rows, scores_of(ARC, rows, data), data)
    assert (figures.without.value, figures.cut_off, figures.whole_without) == (1.0, 0.25, 0.75)


NEWEST = {"choice": "one_best", "number": "words", "spans": "one_sentence", "": "v1"}


@pytest.mark.parametrize("task", TASKS)
def test_the_task_asks_the_wording_that_was_chosen(task: str) -> None:
    assert newest_of(task) == NEWEST[TASKS[task].kind]
    config = read_task_file(task)
    former = config["ptr"].get("prompts", {})
    assert former.get("v1", config["doc_to_text"]) == templates_of(task)["v1"]
    assert bool(former) == bool(TASKS[task].kind)
    assert config["metadata"]["version"] == (2.0 if former else 1.0)


@pytest.mark.parametrize(
    ("task", "worded_as"),
    [("ptr_gpqa_main", "ptr_mmlu"), ("ptr_gpqa_diamond", "ptr_mmlu"), ("ptr_math500", "ptr_math")],
)
def test_a_task_that_is_not_asked_has_the_last_line_of_one_that_is(
    task: str, worded_as: str
) -> None:
    last, other = (
        read_task_file(name)["doc_to_text"].splitlines()[-1] for name in (task, worded_as)
    )
    assert last == other


@pytest.mark.parametrize(
    ("head", "kind"),
    [("### Multiple choice", "choice"), ("### GSM8K", "number"), ("### DROP", "spans")],
)
def test_the_report_lists_every_wording(head: str, kind: str) -> None:
    section = REPORT.read_text(encoding="utf-8").partition(head)[2].partition("\n### ")[0]
    listed = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", section, re.MULTILINE))
    del listed["v1"]
    assert {name: text.replace("&#124;", "|") for name, text in listed.items()} == WORDINGS[kind]


def test_tables_go_between_their_marks_and_into_csv(tmp_path: Path, data: Path) -> None:
    out, report = tmp_path / "out", tmp_path / "report"
    write_lines(out / "answers" / f"{ARC}.one_best.jsonl", list(answered(data, FIRST).values()))
    after = answered(data, {"A": ["A.", "A."], "B": ["Hm."], "C": ["Hm."]})
    write_lines(out / "rounds" / f"{ARC}.neutral.jsonl", list(after.values()))
    after = answered(data, {"A": ["A.", "A."], "B": ["B."], "C": ["Hm."]})
    write_lines(out / "rounds" / f"{ARC}.final.jsonl", list(after.values()))
    report.mkdir()
    names = ("wordings", "rounds", "pairs")
    text = "".join(f"{name}:\n<!-- {name} -->\n<!-- end -->\n" for name in names)
    (report / "prompts.md").write_text(text, encoding="utf-8")
    for _ in range(2):
        write_tables(out, data, "none", report)
        made = (report / "prompts.md").read_text(encoding="utf-8").splitlines()
        assert [line for line in made if not line.startswith(("|", "<"))] == [
            "wordings:", "rounds:", "pairs:",
        ]  # fmt: skip
        assert made[4] == (
            f"| compared | {ARC} | one_best (chosen) | 4 | 25.0 | 4.6 to 69.9 | 25.0 | 50.0 | "
            "50.0 | A 100.0 | 50.0 | 0.0 | 3 |"
        )
        assert f"| {ARC} | neutral | 4 | 0.0 | 50.0 | 25.0 | 0.0 | 0.0 | 50.0 | 50.0 |" in made
        assert f"| {ARC} | final | neutral | 4 | 0 | 1 | 1.000 |" in made
    assert (report / "prompts_pairs.csv").read_text(encoding="utf-8").splitlines()[1:] == [
        f"{ARC},final,neutral,4,0,1,1.000"
    ]


def test_a_report_without_a_mark_is_refused(tmp_path: Path, data: Path) -> None:
    text = "<!-- wordings -->\n<!-- end -->\n"
    (tmp_path / "prompts.md").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match=r"prompts\.md must have <!-- rounds --> and <!-- end -->"):
        write_tables(tmp_path / "out", data, "none", tmp_path)
