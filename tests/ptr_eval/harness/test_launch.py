"""`ptr-eval run`: nothing given is ignored, and every error is a sentence."""

import ast
import json
import logging
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from lm_eval.tasks import TaskManager

from ptr_eval import catalog
from ptr_eval.cli import main
from ptr_eval.harness import near_names
from ptr_eval.harness.backend import Backend, one_limit
from ptr_eval.harness.settings import TaskSettings
from ptr_eval.runs import read_run
from tests.chat_server import ChatServer
from tests.scripted_lm import ScriptedLM, WordLM, evaluate, evaluate_into, planned

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def our_tasks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave lm-eval's own thousands of tasks out, which take it long to look up."""
    monkeypatch.setattr("lm_eval.tasks.TaskManager", partial(TaskManager, include_defaults=False))


@pytest.fixture
def dummy(sums: Path, tmp_path: Path) -> list[str]:
    """The arguments of a run that answers nonsense, quickly."""
    return ["run", "--model", "dummy", "--tasks", "ptr_gsm8k", "--limit", "1",
            "--output_path", str(tmp_path / "out"), "--log_samples",
            "--metadata", f"ptr_data={sums}", "ptr_rounds=1"]  # fmt: skip


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """What a run says under lm-eval's logger."""
    said: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    handler, logger = Keep(), logging.getLogger("lm_eval")
    logger.addHandler(handler)
    yield said
    logger.removeHandler(handler)


def refused(*arguments: str) -> str:
    """Return the sentence with which a run ends."""
    with pytest.raises(SystemExit) as caught:
        main(["run", *arguments])
    assert isinstance(caught.value.code, str)  # Printed alone, with exit status 1.
    assert "\n" not in caught.value.code
    return caught.value.code


def used(out: Path) -> dict[str, Any]:
    """Return the settings that a saved run states."""
    (saved,) = read_run(out)
    return dict(saved.description.settings)


# The file of arguments, and folders of tasks


def test_a_file_of_arguments_gives_its_folder_of_tasks_and_its_settings(
    sums: Path, tmp_path: Path
) -> None:
    mine = (catalog.tasks_path() / "ptr_gsm8k.yaml").read_text().replace("task: ptr_", "task: my_")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "my.yaml").write_text(mine.replace("my_", f"{name}_"))
    config = tmp_path / "run.yaml"
    config.write_text(json.dumps({
        "model": "dummy", "tasks": ["one_gsm8k", "ptr_gsm8k"], "limit": 1, "log_samples": True,
        "include_path": str(tmp_path / "one"), "output_path": str(tmp_path / "out"),
        "metadata": f"ptr_data={sums},ptr_rounds=1", "seed": 5,
    }))  # fmt: skip
    main(["run", "--config", str(config)])
    saved = {run.task: run.description.settings for run in read_run(tmp_path / "out")}
    assert saved.keys() == {"one_gsm8k", "ptr_gsm8k"}
    assert saved["one_gsm8k"]["rounds"] == 1
    assert saved["one_gsm8k"]["seed"] == 5

    # The command line wins, and takes several folders.
    main(["run", "--config", str(config), "--tasks", "one_gsm8k,two_gsm8k", "--include_path",
          str(tmp_path / "one"), f"--include_path={tmp_path / 'two'}",
          "--output_path", str(tmp_path / "again")])  # fmt: skip
    assert {run.task for run in read_run(tmp_path / "again")} == {"one_gsm8k", "two_gsm8k"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, ": Config file not found: "),
        ("tasks: [", ": Invalid YAML in "),
        ("- tasks", ": YAML root must be a mapping in "),
        ("ptr_rounds: 3", ": ptr_rounds is no argument of lm-eval; settings of ours stand below"),
    ],
)
def test_a_wrong_file_of_arguments(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "run.yaml"
    if text is not None:
        path.write_text(text)
    assert refused("--config", str(path)).startswith(f"--config {path}{message}")


def test_settings_of_a_file_are_checked_before_a_model_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("{model: hf, tasks: ptr_gsm8k, metadata: {ptr_rounds: 0}}")
    assert refused("--config", str(path)).startswith("ptr_rounds=0: must be a whole number")


# Seeds


@pytest.mark.parametrize(
    ("flags", "seed"),
    [
        ((), 1234),
        (("--seed", "7"), 7),
        (("--seed", "1,2,3"), 1),
        (("--seed", "none"), None),
        (("--seed", "7", "--metadata", "ptr_seed=8"), 8),
    ],
)
def test_seed_is_that_of_sampled_answers(
    dummy: list[str], tmp_path: Path, flags: tuple[str, ...], seed: int | None
) -> None:
    main([*dummy, *flags])
    assert used(tmp_path / "out")["seed"] == seed


@pytest.mark.parametrize(("settings", "seed"), [({}, 7), ({"ptr_seed": 8}, 8)])
def test_plain_lm_eval_takes_the_last_of_its_seeds(
    sums: Path, tmp_path: Path, settings: dict[str, int], seed: int
) -> None:
    given = {"ptr_data": str(sums), "ptr_rounds": 1, **settings}
    evaluate_into(tmp_path / "out", ScriptedLM(), given, limit=1, fewshot_random_seed=7)
    assert used(tmp_path / "out")["seed"] == seed


# One limit of tokens, under every name


@pytest.mark.parametrize("name", ["max_gen_toks", "max_tokens", "max_completion_tokens"])
def test_every_name_of_the_limit_is_what_a_server_and_the_context_reckon_with(
    sums: Path, name: str
) -> None:
    from lm_eval.models.openai_completions import LocalChatCompletion

    with ChatServer() as server:
        lm = LocalChatCompletion(base_url=server.url, model="m")
        settings = {"ptr_data": str(sums), "ptr_context": 140}
        results = evaluate(
            lm, settings, gen_kwargs={name: 9}, limit=1, apply_chat_template=True,
            fewshot_as_multiturn=True,
        )  # fmt: skip
    assert [payload["max_tokens"] for payload in server.payloads] == [9] * 3
    assert not any(payload.get("max_completion_tokens") for payload in server.payloads)
    assert Backend.of(lm).max_prompt_tokens({"max_gen_toks": 512, name: 9}, 100) == 91 or (
        name == "max_gen_toks"
    )
    assert results["configs"]["ptr_gsm8k"]["generation_kwargs"]["max_gen_toks"] == 9


def test_two_limits_are_refused() -> None:
    message = r"--gen_kwargs gives max_gen_toks=5 and max_tokens=7, which are names of one limit"
    with pytest.raises(SystemExit, match=message):
        one_limit({"max_tokens": 7, "max_gen_toks": 5})
    assert one_limit({"max_tokens": 5, "max_new_tokens": 5, "top_p": 1}) == {
        "top_p": 1, "max_gen_toks": 5,
    }  # fmt: skip


@pytest.mark.parametrize("value", ["many", 0, -1, 2.5, True])
def test_a_limit_that_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(SystemExit, match=r"max_gen_toks=.*: must be a whole number from 1\."):
        Backend.of(WordLM()).max_generated({"max_gen_toks": value})


# Caps


@pytest.mark.parametrize(
    ("cap", "message"),
    [
        (("--max_requests", "5"), "ptr_max_requests=5: this run plans 6 requests, and nothing"),
        (("--max-requests", "5"), "ptr_max_requests=5: this run plans 6 requests, and nothing"),
        (("--metadata", "ptr_max_prompt_tokens=60"), "ptr_max_prompt_tokens=60: this run plans "),
        (("--max_requests", "0"), "ptr_max_requests=0: must be a whole number from 1."),
        (("--max_failed", "1.5"), "ptr_max_failed=1.5: must be a share from 0 to 1."),
        (
            ("--max_requests", "5", "--metadata", "ptr_max_requests=7"),
            "--max_requests and --metadata ptr_max_requests are the same setting; give one.",
        ),
    ],
)
def test_a_run_above_its_caps_asks_nothing(sums: Path, cap: tuple[str, ...], message: str) -> None:
    with ChatServer() as server:
        said = refused(
            "--model", "local-chat-completions", "--model_args", f"model=m,base_url={server.url}",
            "--apply_chat_template", "--tasks", "ptr_gsm8k", "--limit", "2",
            "--metadata", f"ptr_data={sums}", *cap,
        )  # fmt: skip
    assert said.startswith(message)
    assert server.payloads == []


def test_a_run_below_its_caps_says_what_it_plans(
    dummy: list[str], tmp_path: Path, logged: list[str]
) -> None:
    main([*dummy, "--max_requests", "1", "--max_prompt_tokens", "1000", "--max_failed", "0.1"])
    settings = used(tmp_path / "out")
    kept = {name: settings[name] for name in ("max_requests", "max_prompt_tokens", "max_failed")}
    assert kept == {"max_requests": 1, "max_prompt_tokens": 1000, "max_failed": 0.1}
    assert "Planned requests (questions x samples x rounds): 1. ptr_gsm8k 1 (1 x 1 x 1)." in logged


# The exit status


def test_failed_requests_give_status_3_when_the_rest_is_saved(
    sums: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def respond(question: int, round_: int) -> str | int:
        return 400 if (question, round_) == (1, 2) else planned(question, round_)

    def run(server: ChatServer, *more: str) -> None:
        main(["run", "--model", "local-chat-completions", "--model_args",
              f"model=m,base_url={server.url},max_retries=1", "--apply_chat_template",
              "--tasks", "ptr_gsm8k", "--limit", "2", "--output_path", str(tmp_path / "out"),
              "--metadata", f"ptr_data={sums}", "ptr_rounds=2", *more])  # fmt: skip

    ledger = f"ptr_ledger={tmp_path / 'ledger'}"
    for more, remedy in [
        ((), "with --metadata ptr_ledger=FILE, the same command would ask them alone again."),
        ((ledger,), "the same command asks them again."),
    ]:
        with ChatServer(respond) as server, pytest.raises(SystemExit) as caught:
            run(server, *more)
        assert caught.value.code == 3
        last = capsys.readouterr().err.splitlines()[-1]
        assert last == f"1 of 4 requests failed; {remedy}"
    assert len(list((tmp_path / "out").rglob("results_*.json"))) == 2
    with ChatServer(port=server.port) as server:
        run(server, ledger)
    assert len(server.payloads) == 1


# Errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--tasks", "ptr_gsm8k", "--model", "nope"), "--model nope is unknown; choose one of "),
        ((), "No task is named; add --tasks, such as --tasks ptr_gsm8k."),
        (
            ("--tasks", "ptr_gsm8k", "--model", "hf", "--model_args", "pretrained=/nowhere"),
            "--model hf cannot be loaded with pretrained=/nowhere (OSError: ",
        ),
        (
            ("--tasks", "ptr_gsm8k", "--model", "hf", "--model_args", "pretrained={model},dtype=x"),
            "--model hf cannot be loaded with pretrained={model} (AttributeError: ",
        ),
        (
            ("--tasks", "ptr_gsm8k", "--output_path", "{file}"),
            "--output_path {file}: {file} is not a folder; name another place.",
        ),
        (
            ("--tasks", "ptr_gsm8k", "--output_path", "/proc/out"),
            "--output_path /proc/out: /proc cannot be written to",
        ),
        (
            ("--tasks", "ptr_gsm8k", "--use_cache", "{file}/cache"),
            "--use_cache {file}/cache: {file} is not a folder",
        ),
        (("--tasks", "ptr_gsm8k", "--log_samples"), "Specify --output_path if providing --log_sa"),
        (
            ("--tasks", "ptr_gsm8k", "--gen_kwargs", '{"a": }'),
            'Invalid JSON: {"a": }. Hint: Use double quotes for JSON strings; correct the value.',
        ),
        (("--tasks", "ptr_gsm8k", "--gen_kwargs", "max_gen_toks=x"), "max_gen_toks=x: must be a "),
        (("--tasks", "ptr_gsm8k", "--samples", "none.json"), "--samples: write JSON, such as"),
        (
            ("--tasks", "{file}.yaml"),
            "A task's file is no valid YAML (while parsing a flow ",
        ),
        (
            ("--tasks", "ptr_gsm8k", "--model", "local-chat-completions"),
            "--model local-chat-completions takes messages alone; add --apply_chat_template.",
        ),
        (
            ("--tasks", "ptr_gsm8k", "--model", "hf", "--model_args", "pretrained={model}",
             "--device", "cpu", "--limit", "1", "--gen_kwargs", "temprature=1,max_gen_toks=2"),
            "--model hf could not generate (ValueError: The following `model_kwargs` are not used",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_a_sentence(
    sums: Path, tiny_model: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    (tmp_path / "file.yaml").write_text("task: [")
    names = {"model": str(tiny_model), "file": str(file)}

    def filled(text: str) -> str:
        for name, value in names.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    given = [filled(argument) for argument in arguments]
    backend = () if "--model" in given else ("--model", "dummy")
    said = refused(*backend, *given, "--metadata", f"ptr_data={sums}")
    assert said.startswith(filled(message))


@pytest.mark.parametrize("template", ["{{ raise_exception('no') }}", "{% for m in messages %}"])
def test_a_chat_template_that_fails(
    sums: Path, tiny_model: Path, tmp_path: Path, template: str
) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    (folder / "chat_template.jinja").write_text(template)
    said = refused("--model", "hf", "--model_args", f"pretrained={folder}", "--device", "cpu",
                   "--tasks", "ptr_gsm8k", "--limit", "1", "--apply_chat_template",
                   "--gen_kwargs", "max_gen_toks=2", "--metadata", f"ptr_data={sums}")  # fmt: skip
    assert said.startswith("The model's chat template cannot be applied (Template")


def test_results_that_cannot_be_saved_are_an_error(
    dummy: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    said = refused(*dummy[1:])
    assert said == (
        f"--output_path {tmp_path / 'out'}: not everything could be saved (Could not save results "
        "aggregated, OSError(28, 'No space left on device')); make room, or name another folder, "
        "and repeat the run."
    )


def test_all_examples_of_a_split_may_be_shown(sums: Path) -> None:
    lm = ScriptedLM()
    evaluate(lm, {"ptr_data": str(sums), "ptr_rounds": 1}, limit=1, num_fewshot=9)
    assert lm.prompts[0].count("How many is that?") == 10
    with pytest.raises(SystemExit, match=r"--num_fewshot 10 asks for more examples than the 9 in"):
        evaluate(lm, {"ptr_data": str(sums), "ptr_rounds": 1}, limit=1, num_fewshot=10)


# Names that are ours but for the prefix


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sentences that are warned of."""
    said: list[str] = []
    monkeypatch.setattr(near_names, "_warn", said.append)
    return said


@pytest.mark.parametrize(
    ("given", "name"),
    [("rounds=5", "rounds"), ("ptr-rounds=7", "rounds"), ("instruction=critical", "instruction"),
     ("PTR_ROUNDS=7", "rounds"), ("seed=3", "seed")],
)  # fmt: skip
def test_a_name_without_our_prefix_is_warned_of(
    dummy: list[str], warned: list[str], given: str, name: str
) -> None:
    main([*dummy, "--metadata", given])
    stated = given.partition("=")[0]
    assert warned[0] == (f"--metadata {stated}: it sets nothing; the setting is called ptr_{name}.")


def test_a_backends_own_arguments_and_other_metadata_are_not_warned_of(warned: list[str]) -> None:
    TaskSettings.from_metadata({"seed": 1, "timeout": 3, "pretrained": "m", "version": 1.0})
    assert warned == []
    TaskSettings.from_metadata({"rounds": 1})
    assert len(warned) == 1


def test_variables_that_are_not_read_are_warned_of(
    warned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("PTR_ROUNDS", "7"), ("PTR_OTHER", "1"), ("PTR_DATA", "/data")):
        monkeypatch.setenv(name, value)
    TaskSettings.from_metadata({})
    assert warned == [
        "The environment variable PTR_OTHER sets nothing; unset it.",
        "The environment variable PTR_ROUNDS sets nothing; write --metadata ptr_rounds=7.",
    ]


def test_a_warning_comes_once(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        TaskSettings.from_metadata({"Pass-K": 1})
    assert [record.getMessage() for record in caplog.records] == [
        "--metadata Pass-K: it sets nothing; the setting is called ptr_pass_k."
    ]


# Templates that print the date


@pytest.mark.parametrize(
    ("template", "options", "dated"),
    [
        ("{{ strftime_now('%d %b %Y') }}", "{}", True),
        ("{{ date_string or strftime_now('%Y') }}", "{}", True),
        ("{{ date_string or strftime_now('%Y') }}", '{"date_string": "26 Jul 2024"}', False),
        ("", "{}", False),
    ],
)
def test_a_template_that_prints_the_date_is_warned_of(
    sums: Path, tiny_model: Path, tmp_path: Path, logged: list[str],
    template: str, options: str, dated: bool,
) -> None:  # fmt: skip
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    path = folder / "chat_template.jinja"
    path.write_text(template + path.read_text())
    arguments = {"pretrained": str(folder), "chat_template_args": json.loads(options)}
    main(["run", "--model", "hf", "--model_args", json.dumps(arguments), "--device", "cpu",
          "--tasks", "ptr_gsm8k", "--limit", "1", "--apply_chat_template", "--gen_kwargs",
          "max_gen_toks=2", "--metadata", f"ptr_data={sums}", "ptr_rounds=1",
          f"ptr_ledger={tmp_path / 'ledger'}"])  # fmt: skip
    assert any("The chat template prints today's date" in said for said in logged) == dated


# What it prints, and what it leaves behind


def test_help_shows_our_options_before_those_of_lm_eval(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["run", "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    flags = ["--dry-run", "--max_failed", "--max_requests", "--max_prompt_tokens", "--include_path"]
    places = [text.index(f"  {flag}") for flag in [*flags, "--model <model>"]]
    assert places == sorted(places)
    assert text.count("--include_path FOLDER") == 1


def test_no_finalizer_of_ours_can_come_before_those_of_libraries() -> None:
    """`TemporaryDirectory` and `weakref.finalize` register an exit handler at their first use.

    It then runs after those of `multiprocessing`, which wait for processes that it would end.
    """
    used = [
        f"{path.relative_to(ROOT)}: {name}"
        for package in ("ptr_eval", "ptr_data", "ptr_train")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in [getattr(node, "attr", getattr(node, "id", None))]
        if name in ("TemporaryDirectory", "finalize")
    ]
    assert used == []
