"""The command line: what it prints, how fast, and how it refuses."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from lm_eval.tasks import TaskManager

from ptr_eval import __version__, catalog
from ptr_eval.cli import main
from ptr_eval.runs import newest_results, read_run
from tests.own_parts import write_folder, write_questions
from tests.scripted_lm import by_round, write_sums

COMMAND = [sys.executable, "-c", "from ptr_eval.cli import main; main()"]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def our_tasks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave lm-eval's own thousands of tasks out, which take it long to look up."""
    monkeypatch.setattr("lm_eval.tasks.TaskManager", partial(TaskManager, include_defaults=False))


@pytest.fixture
def sums(tmp_path: Path) -> Path:
    return write_sums(tmp_path / "data")


def refused(*arguments: str) -> str:
    """Return the sentence with which a command fails."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert isinstance(caught.value.code, str)  # Printed alone, with exit status 1.
    assert caught.value.code
    return caught.value.code


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["ls"], "Stopped."),
        (
            ["run", "--tasks", "ptr_gsm8k"],
            "Stopped; with a ledger (--metadata ptr_ledger=FILE) the same command goes on from "
            "here.",
        ),
    ],
)
def test_ctrl_c_ends_a_command_with_a_sentence(
    arguments: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ptr_eval.catalog.entries", stop)
    monkeypatch.setattr("ptr_eval.harness.launch.run", stop)
    assert refused(*arguments) == sentence


# ls, tasks-path, link, unlink


def test_ls_lists_tasks_and_groups(capsys: pytest.CaptureFixture[str]) -> None:
    main(["ls"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 22
    assert [line.split()[:2] for line in lines if "gsm8k  " in line] == [["ptr_gsm8k", "task"]]
    assert any(line.startswith("ptr_core ") and " group " in line for line in lines)


def test_ls_imports_nothing_heavy() -> None:
    code = (
        "import sys; from ptr_eval.cli import main; main(['ls'])\n"
        "heavy = {'lm_eval', 'torch', 'transformers', 'datasets', 'numpy'}\n"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""


def test_tasks_path_prints_the_folder(capsys: pytest.CaptureFixture[str]) -> None:
    main(["tasks-path"])
    assert (Path(capsys.readouterr().out.strip()) / "ptr_gsm8k.yaml").is_file()


def test_link_and_unlink(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(catalog, "_link_folder", lambda: tmp_path / "links")
    for command in ("link", "unlink", "unlink"):
        main([command])
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"Linked our tasks into {tmp_path}/links; `ptr-eval unlink` undoes it."
    assert said[1:] == ["Removed the links.", "There was nothing to undo."]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"ptr-eval {__version__}\n"


# score, rescore, table


@pytest.mark.usefixtures("our_tasks_alone")
def test_score_then_rescore_then_table(
    sums: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [
        {"doc_id": n, "responses": ["Not 101. It is 7.", f"The answer is {100 + n}."]}
        for n in (0, 1)
    ]
    responses = tmp_path / "model.jsonl"
    responses.write_text("".join(json.dumps(row) + "\n" for row in answers))
    out, again = str(tmp_path / "out"), str(tmp_path / "again")
    main(["score", "--task", "ptr_gsm8k", "--responses", str(responses), "--out", out,
          "--metadata", f"ptr_data={sums}"])  # fmt: skip
    first = capsys.readouterr().out
    assert "| ptr_gsm8k | strict   | exact_match      | 0.000 ± 0.000 | 1.000 ± 0.000 |" in first
    main(["rescore", out, "--out", again, "--scorers", "upstream,strict"])
    second = capsys.readouterr().out
    assert "ptr_gsm8k 1 round 1: wrong -> correct ('7' -> '101'): " in second
    assert f"verdicts changed; they are listed in {again}/verdict_changes.jsonl." in second
    main(["table", out])
    assert capsys.readouterr().out == first


@pytest.mark.usefixtures("our_tasks_alone")
@pytest.mark.parametrize(("flag", "value"), [((), "carry"), (("--kept", "refuse"), "refuse")])
def test_kept_names_the_setting_of_score_and_rescore(
    sums: Path, tmp_path: Path, flag: tuple[str, ...], value: str
) -> None:
    responses = tmp_path / "model.jsonl"
    responses.write_text(json.dumps({"doc_id": 0, "responses": ["It is 7."]}) + "\n")
    out, again = tmp_path / "out", tmp_path / "again"
    main(["score", "--task", "ptr_gsm8k", "--responses", str(responses), "--out", str(out),
          "--metadata", f"ptr_data={sums}", *flag])  # fmt: skip
    main(["rescore", str(out), "--out", str(again), *flag])
    for folder in (out, again):
        (saved,) = read_run(folder)
        assert saved.description.settings["kept"] == value


def test_score_takes_settings_as_run_does(sums: Path, tmp_path: Path) -> None:
    responses = tmp_path / "model.jsonl"
    responses.write_text(json.dumps({"doc_id": 0, "responses": ["It is 100."]}) + "\n")
    same = [
        ["--metadata", json.dumps({"ptr_data": str(sums), "ptr_rounds": 2, "ptr_kept": "refuse"})],
        ["--metadata", f"ptr_data={sums},ptr_rounds=2", "ptr_kept=refuse"],
        ["--metadata", f"ptr_data={sums}", "--metadata", '{"ptr_rounds": 2}', "--kept", "refuse"],
    ]
    for number, given in enumerate(same):
        out = tmp_path / f"out{number}"
        main(["score", "--task", "ptr_gsm8k", "--responses", str(responses), "--out", str(out),
              *given])  # fmt: skip
        (saved,) = read_run(out)
        assert saved.description.settings["rounds"] == 2
        assert saved.description.settings["kept"] == "refuse"
        assert saved.description.settings["data"] == str(sums)


METADATA = {
    "no pair": (["ptr_x"], "--metadata ptr_x: write it as key=value."),
    "broken": (['{"ptr_rounds": 2'], '--metadata {"ptr_rounds": 2: not JSON; quote names and te'),
    "both": (['{"ptr_rounds": 2}', "ptr_kept=carry"], "--metadata: lm-eval ignores ptr_kept=carr"),
    "a comma": (
        ["ptr_scorers=strict,upstream"],
        "--metadata ptr_scorers=strict,upstream: lm-eval ",
    ),
}


@pytest.mark.parametrize("name", METADATA)
def test_settings_that_cannot_be_read_are_refused_by_every_command(
    tmp_path: Path, name: str
) -> None:
    items, message = METADATA[name]
    commands = (
        ["score", "--task", "ptr_gsm8k", "--responses", "r.jsonl", "--out", str(tmp_path / "o")],
        ["rescore", "run", "--out", str(tmp_path / "o")],
        ["run", "--model", "dummy", "--tasks", "ptr_gsm8k"],
    )
    for command in commands:
        said = refused(*command, "--metadata", *items)
        assert said.startswith(message)
        assert "\n" not in said


def test_a_setting_with_a_flag_of_its_own_is_given_once(tmp_path: Path) -> None:
    for flag, value in (("kept", "carry"), ("scorers", "strict")):
        said = refused("rescore", "run", "--out", str(tmp_path / "o"), f"--{flag}", value,
                       "--metadata", f"ptr_{flag}={value}")  # fmt: skip
        assert said == f"--{flag} and ptr_{flag} in --metadata are the same; give one."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("score", "--task", "nope", "--responses", "{responses}"), "--task nope: no such task"),
        (("score", "--task", "ptr_gsm8k", "--responses", "none.jsonl"), "none.jsonl: no such file"),
        (
            ("score", "--task", "ptr_gsm8k", "--responses", "{responses}", "--metadata", "ptr_x"),
            "--metadata ptr_x: write it as key=value.",
        ),
        (
            ("score", "--task", "ptr_gsm8k", "--responses", "{responses}",
             "--metadata", "ptr_data=/nowhere"),
            "ptr_data=/nowhere: no such folder",
        ),
        (("rescore", "nowhere"), "nowhere: no such file or folder; name the"),
    ],
)  # fmt: skip
def test_a_command_that_cannot_work_says_why_in_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    responses = tmp_path / "r.jsonl"
    responses.write_text('{"doc_id": 0, "responses": ["7"]}\n')
    filled = [argument.format(responses=responses) for argument in arguments]
    said = refused(*filled, "--out", str(tmp_path / "out"))
    assert message in said
    assert "\n" not in said
    assert not (tmp_path / "out").exists()


def test_table_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "results_1.json").write_text("[]")
    said = refused("table", str(tmp_path))
    assert said == (
        f"{tmp_path} has no ptr_* task to read: {tmp_path}/results_1.json is not a results file of "
        "lm_eval."
    )
    assert refused("table", str(tmp_path / "none")).endswith("of an lm_eval run.")


# run


@pytest.mark.usefixtures("our_tasks_alone")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--tasks", "ptr_nope"), "Tasks not found: ptr_nope. Ours are: gsr_aime24, "),
        (("--tasks", "ptr_gsm8k", "--include_path", "nowhere"), "--include_path nowhere: no such"),
        (("--tasks", "ptr_humaneval", "--metadata", "ptr_data={humaneval}"),
         "This task runs code that a model wrote (in a sandbox); add --confirm_run_unsafe_code"),
        (("--tasks", "ptr_gsm8k", "--metadata", "ptr_data={sums}", "ptr_rounds=0"),
         "ptr_rounds=0: must be a whole number from 1 to 50."),
        (("--tasks", "ptr_gsm8k", "--metadata", "ptr_data=/nowhere"), "ptr_data=/nowhere: no such"),
    ],
)  # fmt: skip
def test_a_run_that_cannot_work_says_why_in_one_sentence(
    sums: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    from tests.benchmark_fixtures import FORMS, write

    humaneval = write(tmp_path / "programs", FORMS["humaneval"].files)
    filled = [argument.format(sums=sums, humaneval=humaneval) for argument in arguments]
    before = list(sys.argv)
    said = refused("run", "--model", "dummy", *filled, "--output_path", str(tmp_path / "out"))
    assert said.startswith(message)
    assert "\n" not in said
    assert sys.argv == before
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("our_tasks_alone")
def test_run_finds_the_users_own_tasks_beside_ours(sums: Path, tmp_path: Path) -> None:
    mine = (catalog.tasks_path() / "ptr_gsm8k.yaml").read_text().replace("task: ptr_", "task: my_")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "my.yaml").write_text(mine)
    main(["run", "--model", "dummy", "--tasks", "my_gsm8k,ptr_gsm8k",
          "--include_path", str(tmp_path / "mine"), "--limit", "2",
          "--metadata", f"ptr_data={sums}", "ptr_scorers=strict",
          "--output_path", str(tmp_path / "out"), "--log_samples"])  # fmt: skip
    (file,) = (tmp_path / "out").rglob("results_*.json")
    assert set(json.loads(file.read_text())["results"]) == {"my_gsm8k", "ptr_gsm8k"}
    assert len(list((tmp_path / "out").rglob("samples_*.jsonl"))) == 2


@pytest.mark.usefixtures("our_tasks_alone")
@pytest.mark.parametrize("form", ["--log_samples", "--predict_only"])
@pytest.mark.parametrize("output", ["out", "out/mine.json"])
def test_one_s_own_task_and_parts_are_run_and_scored_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, output: str
) -> None:
    monkeypatch.chdir(tmp_path)
    mine, data = write_folder(tmp_path / "mine"), write_questions(tmp_path / "data")
    (mine / "notes.yaml").write_text("- no task\n")
    main(["run", "--model", "dummy", "--tasks", "capitals", "--include_path", "mine",
          "--metadata", "ptr_data=data", "--output_path", output, form])  # fmt: skip
    main(["rescore", "out", "--out", "again"])  # It knows where the task's file was.
    (saved,) = read_run(Path("again"))
    assert saved.description.settings["protocol"] == f"{mine}/capitals.py:Critique"
    moved = mine.rename(tmp_path / "moved")
    said = refused("rescore", "out", "--out", "third")
    assert said.endswith(
        "the file of its task capitals cannot be found; name the folder of your own tasks with "
        "--include_path."
    )
    main(["rescore", "out", "--out", "third", "--include_path", "moved"])
    assert read_run(Path("third"))[0].description.scorers["named"].startswith(str(moved))
    responses = tmp_path / "r.jsonl"
    responses.write_text(json.dumps({"doc_id": 1, "responses": ["Nowhere.", "City1."]}) + "\n")
    main(["score", "--task", "capitals", "--include_path", "moved", "--responses", "r.jsonl",
          "--out", "scored", "--metadata", f"ptr_data={data}"])  # fmt: skip
    values = json.loads(newest_results(tmp_path / "scored").read_text())["results"]["capitals"]
    assert (values["acc@1,named"], values["acc@2,named"]) == (0.0, 1.0)


@pytest.mark.parametrize("command", ["score", "rescore"])
def test_a_file_as_the_folder_for_results_is_refused(tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text("mine")
    arguments = {"score": ["--task", "ptr_gsm8k", "--responses", "none"], "rescore": ["none"]}
    said = refused(command, *arguments[command], "--out", str(tmp_path / "file"))
    assert said == f"--out {tmp_path}/file: is a file; name the folder to write to."
    assert (tmp_path / "file").read_text() == "mine"


# The real commands, from a shell


def shell(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", **more}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_plain_lm_eval_runs_a_task_and_writes_its_files(
    sums: Path, tiny_model: Path, tmp_path: Path
) -> None:
    path = subprocess.run([*COMMAND, "tasks-path"], capture_output=True, text=True, check=True)
    done = shell(
        sys.executable, "-m", "lm_eval", "run", "--include_path", path.stdout.strip(),
        "--tasks", "ptr_gsm8k", "--model", "hf", "--model_args", f"pretrained={tiny_model}",
        "--device", "cpu", "--batch_size", "2", "--limit", "2", "--apply_chat_template",
        "--gen_kwargs", "max_gen_toks=8", "--metadata", f"ptr_data={sums}", "ptr_rounds=2",
        "--output_path", str(tmp_path / "out"), "--log_samples",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (results,) = (tmp_path / "out").rglob("results_*.json")
    (samples,) = (tmp_path / "out").rglob("samples_ptr_gsm8k_*.jsonl")
    rows = [json.loads(line) for line in samples.read_text().splitlines()]
    assert len(rows) == 2 * 3  # Documents by scorers.
    assert all(row["arguments"]["gen_args_1"]["arg_2"]["round"] == 2 for row in rows)
    assert len(by_round(json.loads(results.read_text()))) == 2
    assert "exact_match@2" in done.stdout


def test_an_error_under_the_real_command_has_no_traceback(sums: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    done = shell(
        *COMMAND, "run", "--tasks", "ptr_gsm8k", "--model", "dummy",
        "--metadata", f"ptr_data={sums}", "ptr_rounds=0", "ptr_typo=1",
        "--output_path", str(tmp_path / "out"),
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-3] == "2 problems:"
    assert list((tmp_path / "out").iterdir()) == []
