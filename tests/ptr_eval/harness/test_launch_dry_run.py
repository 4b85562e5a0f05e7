"""`ptr-eval run --dry-run`: it says what the run would ask, and asks nothing."""

import shutil
from functools import partial
from pathlib import Path

import pytest
from lm_eval.tasks import TaskManager

from ptr_eval.budget import estimate_tokens
from ptr_eval.cli import main
from ptr_eval.runs import questions, read_run
from tests.benchmark_fixtures import FORMS, write
from tests.chat_server import ChatServer
from tests.own_parts import write_folder, write_questions
from tests.scripted_lm import write_sums


@pytest.fixture(autouse=True)
def our_tasks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave lm-eval's own thousands of tasks out, which take it long to look up."""
    monkeypatch.setattr("lm_eval.tasks.TaskManager", partial(TaskManager, include_defaults=False))


class Rows(dict[str, list[str]]):
    """The table that a dry run prints, by task; the sentences below it are in `said`."""

    def __init__(self, text: str) -> None:
        lines = text.splitlines()
        self.said = [line for line in lines[1:] if line.endswith(".")]
        rows = [line.split() for line in lines[1:] if not line.endswith(".")]
        super().__init__({name: numbers for name, *numbers in rows})


def counted(capsys: pytest.CaptureFixture[str], *arguments: str) -> Rows:
    main(["run", "--dry-run", *arguments])
    return Rows(capsys.readouterr().out)


def number(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.mark.parametrize(
    "more",
    [
        ("ptr_rounds=3",),
        ("ptr_protocol=parallel", "ptr_rounds=3", "ptr_candidates=2", "ptr_samples=2"),
        ("ptr_protocol=resample", "ptr_rounds=2"),
    ],
    ids=str,
)
@pytest.mark.parametrize("template", [(), ("--apply_chat_template",)], ids=str)
def test_it_counts_what_the_run_then_asks(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...], template: tuple[str, ...],
) -> None:  # fmt: skip
    sums = write_sums(tmp_path / "data", numbers=range(2))
    arguments = [
        "--model", "hf", "--model_args", f"pretrained={tiny_model}", "--device", "cpu",
        "--tasks", "ptr_gsm8k", "--gen_kwargs", "max_gen_toks=8", *template,
        "--metadata", f"ptr_data={sums}", *more,
    ]  # fmt: skip
    rows = counted(capsys, *arguments)
    assert rows.said == [
        f"Tokens are those of the tokenizer in {tiny_model}.",
        "Nothing was asked.",
    ]
    _, samples, rounds, requests, first, later, generated = map(number, rows["ptr_gsm8k"])
    assert not (tmp_path / "out").exists()

    main(["run", *arguments, "--output_path", str(tmp_path / "out"), "--log_samples"])
    (saved,) = read_run(tmp_path / "out")
    answers = [answer for question in questions(saved) for answer in question.answers]
    assert len(answers) == requests
    assert {answer.round for answer in answers} == set(range(1, rounds + 1))
    assert {answer.sample for answer in answers} == set(range(samples))
    tokens = [answer.reply.prompt_tokens for answer in answers if answer.round == 1]
    assert sum(tokens) == first
    tokens = [answer.reply.prompt_tokens for answer in answers if answer.round > 1]
    # Random letters may take more tokens when they are read than when they were written.
    assert sum(tokens) <= 1.2 * later
    assert later <= sum(tokens) + requests * rounds * 8 * 4
    assert generated == requests * 8


def test_it_needs_no_weights(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = shutil.copytree(tiny_model, tmp_path / "bare")
    for file in bare.glob("*.safetensors"):
        file.unlink()
    sums = write_sums(tmp_path / "data", numbers=range(2))
    arguments = f"pretrained={bare},tensor_parallel_size=8,max_model_len=130"
    rows = counted(
        capsys, "--model", "vllm", "--model_args", arguments, "--batch_size", "auto",
        "--tasks", "ptr_gsm8k", "--apply_chat_template", "--metadata", f"ptr_data={sums}",
        "--gen_kwargs", "max_gen_toks=20",
    )  # fmt: skip
    assert rows["ptr_gsm8k"][3] == "6"
    # Two later rounds of two questions, each with what 20 tokens of 130 leave.
    assert number(rows["ptr_gsm8k"][5]) <= 4 * 110


def test_no_server_is_asked_and_the_cap_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sums = write_sums(tmp_path / "data", numbers=range(4))
    ledger = tmp_path / "ledger"
    with ChatServer() as server:
        rows = counted(
            capsys, "--model", "local-chat-completions", "--model_args",
            f"model=m,base_url={server.url}", "--tasks", "ptr_gsm8k", "--apply_chat_template",
            "--metadata", f"ptr_data={sums}", f"ptr_ledger={ledger}", "--max_requests", "11",
        )  # fmt: skip
    assert server.payloads == []
    assert not ledger.exists()
    assert rows["ptr_gsm8k"][:4] == ["4", "1", "3", "12"]
    assert rows.said == [
        "No tokenizer could be loaded: tokens are UTF-8 bytes / 4.",
        f"What ptr_ledger={ledger} has already is counted, and is not asked again.",
        "ptr_max_requests=11: this run plans 12 requests, and nothing was asked; ask less "
        "(--limit, ptr_rounds, ptr_samples), or raise the cap.",
        "Nothing was asked.",
    ]
    # A prompt is the question, with a few words around it.
    assert 4 * 20 < number(rows["ptr_gsm8k"][4]) < 4 * estimate_tokens("x" * 400)


def test_groups_are_counted_task_by_task_and_foreign_tasks_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for form in FORMS.values():
        write(tmp_path / "data", form.files)
    own = tmp_path / "own"
    own.mkdir()
    (own / "theirs.yaml").write_text(
        "task: theirs\ndataset_path: json\ntest_split: test\noutput_type: generate_until\n"
        "doc_to_text: x\ndoc_to_target: y\n"
    )
    rows = counted(
        capsys, "--model", "dummy", "--tasks", "ptr_core,theirs", "--include_path", str(own),
        "--limit", "2", "--metadata", f"ptr_data={tmp_path / 'data'}", "ptr_rounds=2",
    )  # fmt: skip
    assert len(rows) == 11  # The ten of the paper and their total, without ptr_core's average.
    requests = {name: number(cells[1 if name == "total" else 3]) for name, cells in rows.items()}
    assert requests.pop("total") == sum(requests.values()) == 2 * 2 * 10
    assert rows.said[-1] == "Not counted, as they are no tasks of ours: theirs."


def test_unscored_turns_are_requests_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_folder(tmp_path / "mine")
    questions_ = write_questions(tmp_path / "data")
    rows = counted(
        capsys, "--model", "dummy", "--tasks", "capitals", "--include_path", str(folder),
        "--metadata", f"ptr_data={questions_}", f"ptr_protocol={folder}/capitals.py:Critique",
    )  # fmt: skip
    (cells,) = rows.values()
    count, _, rounds, requests = map(number, cells[:4])
    assert requests == count * (2 * rounds - 1)  # A critique before every round but the first.


def test_a_mistake_is_found_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"ptr_data=/nowhere: no such folder"):
        main(["run", "--dry-run", "--model", "vllm", "--model_args", "pretrained=a/b",
              "--tasks", "ptr_gsm8k", "--metadata", "ptr_data=/nowhere"])  # fmt: skip
