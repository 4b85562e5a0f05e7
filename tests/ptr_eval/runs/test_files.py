"""Every form of --output_path that lm-eval knows, links, copies, and other programs' files."""

import shutil
from pathlib import Path

import pytest
import yaml

from ptr_eval.best_of_n.candidates import read_groups
from ptr_eval.catalog import tasks_path
from ptr_eval.cli import main
from ptr_eval.errors import UserError
from ptr_eval.runs import RunEntry, SavedTask, find_tasks, questions, read_run, results_in
from ptr_eval.runs.files import results_of, stem_of, time_of
from tests.scripted_lm import ScriptedLM, evaluate_into, write_sums


def run_into(out: Path, folder: Path, *tasks: str, **more: object) -> Path:
    """Run lm-eval on two sums with the scripted model."""
    settings = {"ptr_data": str(write_sums(folder / "data")), "ptr_scorers": "strict"}
    evaluate_into(out, ScriptedLM(), {**settings, **more}, *tasks, limit=2)
    return out


def read_whole(run: Path) -> SavedTask:
    (saved,) = read_run(run)
    assert [question.number for question in questions(saved)] == [0, 1]
    return saved


@pytest.mark.parametrize(
    "given", ["out", "out.v2/deep/er", "x.json", "out/my_run.json", "ä ö/運.json", "ä ö/運"]
)
def test_every_form_of_output_path_is_found_by_itself_and_by_its_folder(
    tmp_path: Path, given: str
) -> None:
    (tmp_path / "ä ö").mkdir()
    out = run_into(tmp_path / "runs" / given, tmp_path)
    saved = read_whole(out)
    assert read_whole(saved.results).samples == read_whole(tmp_path / "runs").samples
    assert stem_of(saved.results) == (out.stem if out.suffix == ".json" else "results")
    (found,) = find_tasks([RunEntry(path=out)])
    assert found.label.run == (out.stem if out.suffix == ".json" else out.name)


def test_two_files_in_one_existing_folder_are_two_runs(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for name in ("first", "second"):
        run_into(tmp_path / "out" / f"{name}.json", tmp_path)
    assert stem_of(read_whole(tmp_path / "out").results) == "second"
    assert stem_of(read_whole(tmp_path / "out" / "first.json").results) == "first"
    names = [found.label.run for found in find_tasks([RunEntry(path=tmp_path / "out")])]
    assert names == ["out/first", "out/second"]


def test_runs_of_one_model_that_differ_are_named_after_their_folders(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given: dict[str, dict[str, object]] = {
        "k2": {"ptr_rounds": 2}, "k3": {}, "b/k2": {"ptr_kept": "refuse"}
    }  # fmt: skip
    for name, more in given.items():
        run_into(tmp_path / "out" / name, tmp_path, **more)
    names = [found.label.run for found in find_tasks([RunEntry(path=tmp_path / "out")])]
    assert names == ["out/k2", "out/k3", "out/b/k2"]
    run_into(tmp_path / "out" / "k2", tmp_path, ptr_rounds=1)  # Now a folder has two.
    names = [found.label.run for found in find_tasks([RunEntry(path=tmp_path / "out")])]
    assert names == [
        f"out/rounds={t}/kept={kept}"
        for t, kept in ((2, "carry"), (3, "carry"), (3, "refuse"), (1, "carry"))
    ]
    assert caplog.messages[-1] == f"{tmp_path / 'out'} holds 4 runs: all are reported."


def test_links_to_folders_and_files_are_followed_once(tmp_path: Path) -> None:
    out = run_into(tmp_path / "disk" / "out", tmp_path)
    (results,) = results_in(out)
    folder = tmp_path / "links"
    folder.mkdir()
    (folder / "latest").symlink_to(out)
    (folder / "same").symlink_to(out)
    (folder / "circle").symlink_to(folder)
    (folder / results.name).symlink_to(results)
    (tmp_path / "best.json").symlink_to(results)
    for run in (folder, folder / "latest", folder / results.name, tmp_path / "best.json"):
        assert read_whole(run).samples.samefile(read_whole(out).samples)
    assert len(results_in(folder)) == 1


def test_a_copied_folder_holds_the_same_newest_run(tmp_path: Path) -> None:
    run_into(tmp_path / "out", tmp_path)
    run_into(tmp_path / "out", tmp_path)
    newest = read_whole(tmp_path / "out").results.name
    shutil.copytree(tmp_path / "out", tmp_path / "copy", copy_function=shutil.copyfile)
    for path in sorted((tmp_path / "copy").rglob("results_*")):
        path.touch()
    next(p for p in (tmp_path / "copy").rglob("results_*") if p.name != newest).touch()
    assert read_whole(tmp_path / "copy").results.name == newest


def test_a_task_of_lm_eval_s_own_in_the_same_results_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = {
        "task": "plain", "dataset_path": "json", "test_split": "test",
        "dataset_kwargs": {"data_files": {"test": str(tmp_path / "data/gsm8k/test.jsonl")}},
        "output_type": "generate_until", "doc_to_text": "{{question}}", "doc_to_target": "7",
        "metric_list": [{"metric": "exact_match"}],
    }  # fmt: skip
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "plain.yaml").write_text(yaml.safe_dump(plain))
    settings = {"ptr_data": str(write_sums(tmp_path / "data"))}
    for name, tasks in (("both", ("plain", "ptr_gsm8k")), ("foreign", ("plain",))):
        evaluate_into(
            tmp_path / "out" / name, ScriptedLM(), settings, *tasks, limit=2,
            include_path=tmp_path / "mine",
        )  # fmt: skip
    saved = read_whole(tmp_path / "out")
    assert f"{saved.results}: left out: plain, lm-eval's own, which have no rounds." in caplog.text
    assert "has only lm-eval's own tasks (plain), which have no rounds" in caplog.text
    main(["table", str(saved.results)])
    assert "| ptr_gsm8k |" in capsys.readouterr().out
    with pytest.raises(SystemExit, match=r"has no ptr_\* task to read: .* own tasks \(plain\)"):
        main(["table", str(tmp_path / "out" / "foreign")])
    found = find_tasks([RunEntry(path=tmp_path / "out" / name) for name in ("foreign", "both")])
    assert [(each.label.run, each.task) for each in found] == [("both", "ptr_gsm8k")]


def test_a_run_without_scores_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    scored = read_whole(run_into(tmp_path / "out", tmp_path)).results
    settings = {"ptr_data": str(tmp_path / "data")}
    evaluate_into(tmp_path / "out", ScriptedLM(), settings, limit=2, predict_only=True)
    (found,) = find_tasks([RunEntry(path=tmp_path / "out")])
    assert found.saved.results == scored
    assert "was made with --predict_only; `ptr-eval rescore` it first" in caplog.text
    with pytest.raises(
        SystemExit, match=r"has no figures, because it was made with --predict_only"
    ):
        main(["table", str(tmp_path / "out")])


def test_choices_of_select_are_no_results(tmp_path: Path) -> None:
    out = run_into(tmp_path / "out", tmp_path)
    saved = read_whole(out)
    choices = saved.samples.with_name(f"selections_ptr_gsm8k_rm_{time_of(saved.results)}.json")
    choices.write_text("{}")
    choices.with_suffix(".jsonl").write_text("")
    assert results_in(out) == [saved.results]


def test_select_takes_the_newest_run_with_the_tasks_it_is_to_read(tmp_path: Path) -> None:
    run_into(tmp_path / "out", tmp_path, ptr_samples=2)
    wanted = read_whole(tmp_path / "out").samples
    mine = tmp_path / "mine"
    mine.mkdir()
    text = (tasks_path() / "ptr_gsm8k.yaml").read_text().replace("task: ptr_", "task: my_")
    (mine / "my.yaml").write_text(text)
    settings = {"ptr_data": str(tmp_path / "data")}
    evaluate_into(tmp_path / "out", ScriptedLM(), settings, "my_gsm8k", include_path=mine, limit=2)
    assert read_whole(tmp_path / "out").task == "my_gsm8k"
    (groups,) = read_groups(tmp_path / "out", ["ptr_gsm8k"], group=2)
    assert groups.samples == wanted


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("results_2026-11-29T11-35-08.530000.json", ("2026-11-29T11-35-08.530000", "results")),
        ("results_2026-11-29T11-35-08.json", ("2026-11-29T11-35-08", "results")),
        ("my_run_2026-11-29T11-35-08.5.json", ("2026-11-29T11-35-08.5", "my_run")),
        ("results_mine.json", ("", "results_mine")),
        ("results_2026-11-29.json", ("", "results_2026-11-29")),
    ],
)
def test_the_time_and_the_rest_of_a_name(name: str, expected: tuple[str, str]) -> None:
    assert (time_of(Path(name)), stem_of(Path(name))) == expected


def test_a_path_that_stands_for_nothing(tmp_path: Path) -> None:
    for name in ("nowhere", "x.json", "nowhere/x.json"):
        with pytest.raises(UserError, match=r"no such file or folder; name the --output_path of"):
            results_of(tmp_path / name)
    with pytest.raises(UserError, match=r"holds no results_\*\.json; name the --output_path of an"):
        results_of(tmp_path)
