"""What counts as a group of candidates, and the command that chooses among them."""

import json
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.best_of_n.candidates import read_groups
from ptr_eval.cli import main
from ptr_eval.errors import UserError
from ptr_eval.runs import read_selections
from tests.ptr_eval.best_of_n.run_factory import Judge, by_worth, right, save_run, written, wrong


@pytest.fixture
def run(sums: Path, tmp_path: Path) -> Path:
    groups: dict[int, list[list[str | None]]] = {
        3: [[wrong(), f"<think>Hm.</think>\n{right(3)}"], [right(3), None]]
    }
    return save_run(tmp_path / "run", sums, groups)


@pytest.fixture
def singles(sums: Path, tmp_path: Path) -> Path:
    groups: dict[int, list[list[str | None]]] = {}
    for n in (0, 1):
        groups[n] = [[wrong(f"worth {i}")] for i in range(4)]
        groups[n].append([right(n, "worth 9")])
    return save_run(tmp_path / "singles", sums, groups, ptr_protocol="sequential")


def test_groups_are_samples(run: Path) -> None:
    (task,) = read_groups(run)
    assert (task.task, task.size) == ("ptr_gsm8k", 2)
    first, second = task.groups
    assert first.texts == (wrong().strip(), right(3).strip())
    assert first.correct == (False, True)
    assert second.texts == (right(3).strip(), "")
    assert second.correct == (True, False)
    assert [(group.doc_id, group.number) for group in task.groups] == [(3, 0), (3, 1)]
    assert first.question.startswith("Question: [q3] How many is that?\n\nWork it out")
    (row,) = map(json.loads, task.samples.read_text().splitlines())
    assert row["arguments"]["gen_args_0"]["arg_0"] == f"{first.question}\nAnswer:"


@pytest.mark.parametrize(("size", "groups"), [(1, 5), (2, 2), (5, 1)])
def test_samples_of_one_answer_are_grouped(singles: Path, size: int, groups: int) -> None:
    (task,) = read_groups(singles, group=size)
    assert task.size == size
    assert len(task.groups) == 2 * groups
    texts = [text for group in task.groups[:groups] for text in group.texts]
    assert texts == [*(wrong(f"worth {i}") for i in range(4)), right(0, "worth 9")][: size * groups]


def test_groups_that_cannot_be_made_are_refused(run: Path, singles: Path) -> None:
    for folder, size, message in [
        (
            singles,
            6,
            r"--group 6: .*samples_ptr_gsm8k_.* has 5 samples of a question; choose fewer",
        ),
        (run, 2, r"--group 2: the samples in .* are groups of candidates already; leave it out"),
    ]:
        with pytest.raises(UserError, match=message):
            read_groups(folder, group=size)
    with pytest.raises(UserError, match=r"samples of one answer each, .* with --group N"):
        read_groups(singles)
    with pytest.raises(UserError, match=r"--tasks ptr_math: .*results_.*\.json has ptr_gsm8k\."):
        read_groups(run, ["ptr_math"])


def test_answers_that_are_not_scored_are_refused(run: Path) -> None:
    (samples,) = run.rglob("samples_*.jsonl")
    row = json.loads(samples.read_text())
    for arguments in row["arguments"].values():
        arguments["arg_2"]["scores"] = {}
    samples.write_text(json.dumps(row))
    with pytest.raises(UserError, match="document 3: its answers are not scored"):
        read_groups(run)


@pytest.mark.parametrize("why", ["failure", "refusal"])
def test_candidates_without_a_reply_are_left_out_and_counted(
    run: Path, loads: Any, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (samples,) = run.rglob("samples_*.jsonl")
    row = json.loads(samples.read_text())
    # The wrong candidate of the first group, and all of the second.
    for place in ("gen_args_0", "gen_args_2", "gen_args_3"):
        row["arguments"][place]["arg_2"] |= {"scores": {}, why: "HTTP 400: no"}
    samples.write_text(json.dumps(row))
    (task,) = read_groups(run)
    assert [group.correct for group in task.groups] == [(None, True), (None, None)]
    assert [group.texts[0] for group in task.groups] == ["", ""]
    loads(Judge(by_worth))
    main(["select", str(run), "--judge", "fake"])
    _, line, told = capsys.readouterr().out.splitlines()
    assert line.split() == ["ptr_gsm8k", "2", "1", "1", "1.000", "1.000", "1.000"]
    assert told == "ptr_gsm8k: 3 candidates are left out, whose requests failed or were refused."


def test_a_run_cut_short_is_refused(run: Path) -> None:
    (samples,) = run.rglob("samples_*.jsonl")
    row = json.loads(samples.read_text())
    row["resps"].pop()
    row["arguments"].popitem()
    samples.write_text(json.dumps(row))
    with pytest.raises(UserError, match=r"has groups of \[1, 2\] candidates"):
        read_groups(run)


# The command


def refused(*arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        main(["select", *arguments])
    return str(caught.value.code)


def test_the_command_scores_and_prints_a_table(
    run: Path, reward_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["select", str(run), "--reward-model", str(reward_model), "--device", "cpu",
          "--batch-size", "1", "--max-length", "200", "--name", "rm",
          "--tasks", "ptr_gsm8k"])  # fmt: skip
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["task", "k", "questions", "groups", "pass@1", "best-of-k", "pass@k"]
    assert line.split()[:5] == ["ptr_gsm8k", "2", "1", "2", "0.500"]
    assert written(run, "rm")[1]["settings"]["max_length"] == 200


def test_the_command_judges_samples_in_groups(
    singles: Path, loads: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    judge = loads(Judge(by_worth))
    main(["select", str(singles), "--judge", "fake", "--judge-args", "pretrained=a/judge-7b",
          "--gen-kwargs", "temperature=0.6,max_gen_toks=99", "--group", "5"])  # fmt: skip
    assert (
        capsys.readouterr().out.splitlines()[1].split()[4:]
        == "0.200 ± 0.000 1.000 ± 0.000 1.000 ± 0.000".split()
    )
    rows, facts = written(singles, "judge-7b")
    assert [row["position"] for row in rows] == [4, 4]
    assert judge.settings[0]["do_sample"] is True
    assert judge.settings[0]["max_gen_toks"] == 99
    assert facts["settings"]["temperature"] == 0.6


def test_the_command_judges_with_a_model_of_lm_eval(run: Path, tiny_model: Path) -> None:
    said = refused(
        str(run), "--judge", "hf", "--judge-args",
        f"pretrained={tiny_model},device=cpu,batch_size=2", "--gen-kwargs", "max_gen_toks=4",
    )  # fmt: skip
    assert f"2 of 2 replies of the judge {tiny_model} have no verdict in the form plain" in said
    assert list(run.rglob("selections_*.json*")) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--reward-model", "m", "--gen-kwargs", "a=1"), "--gen-kwargs: only --judge takes that"),
        (("--judge", "hf", "--device", "cpu", "--label", "x"),
         "--label, --device: only --reward-model takes that; leave it out."),
        (("--judge", "hf", "--judge-args", "pretrained"), "--judge-args pretrained: write it as"),
        (("--judge", "nope"), "Backend 'nope' is unknown"),
        (("--reward-model", "m", "--judge-form", "rrm"),
         "--judge-form: only --judge takes that; leave it out."),
        (("--judge", "hf", "--judge-form", "rm"), "--judge-form rm: no such form or file; choose"),
        (("--reward-model", "m", "--name", "a/b"), "--name a/b: use letters, digits"),
    ],
)  # fmt: skip
def test_a_command_that_cannot_work_says_why(
    run: Path, arguments: tuple[str, ...], message: str
) -> None:
    assert message in refused(str(run), *arguments)
    assert list(run.rglob("selections_*.json*")) == []


def test_a_wrong_folder_is_refused(tmp_path: Path) -> None:
    assert "holds no results_*.json" in refused(str(tmp_path), "--reward-model", "m")


def test_another_selector_s_choices_are_not_overwritten(
    run: Path, reward_model: Path, loads: Any
) -> None:
    main(["select", str(run), "--reward-model", str(reward_model), "--name", "x"])
    loads(Judge(by_worth))
    said = refused(str(run), "--judge", "fake", "--name", "x")
    assert said.endswith(f"holds the choices of {reward_model}; give this selector another --name.")


# Reading selections back


@pytest.mark.parametrize(
    ("suffix", "old", "new", "message"),
    [
        (".json", '"format": 2', '"format": 0', "written by another version of ptr-eval"),
        (".json", '"format"', "", "is not what `ptr-eval select` writes"),
        (".json", '"reward"', '"luck"', "is not what `ptr-eval select` writes"),
        (".jsonl", '"doc_id"', '"id"', r"\.jsonl is not what `ptr-eval select` writes"),
        (".json", '"groups": 2', '"groups": 3', "2 groups of 3"),
    ],
)
def test_broken_selections_are_refused(
    run: Path, reward_model: Path, suffix: str, old: str, new: str, message: str
) -> None:
    main(["select", str(run), "--reward-model", str(reward_model), "--name", "rm"])
    (path,) = run.rglob(f"selections_*{suffix}")
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(UserError, match=message):
        read_selections(path.parent)


def test_a_folder_without_selections_has_none(run: Path) -> None:
    assert read_selections(next(run.rglob("samples_*.jsonl")).parent) == []
