"""What `ptr-eval run` says of flags that lm-eval answers with a traceback."""

import sys
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pytest
from lm_eval.tasks import TaskManager

from ptr_eval.errors import UserError
from ptr_eval.harness.launch import run
from ptr_eval.harness.lm_eval_errors import explained
from tests.logging_services import install_hub, install_trackio, install_wandb


@pytest.fixture(autouse=True)
def our_tasks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lm_eval.tasks.TaskManager", partial(TaskManager, include_defaults=False))
    monkeypatch.delenv("HF_TOKEN", raising=False)


def refused(sums: Path, out: Path, *flags: str) -> str:
    given = ["--model", "dummy", "--tasks", "ptr_gsm8k", "--output_path", str(out), *flags]
    with pytest.raises(UserError) as caught:
        run([*given, "--metadata", f"ptr_data={sums}", "ptr_scorers=strict"])
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--check_integrity"],
         "--check_integrity runs tests of lm-eval that its package does not contain; leave it "
         "out."),
        (["--limit", "nan"], "--limit must be a number of documents or a share of them"),
        (["--limit", "0"], "--limit chooses no document of ptr_gsm8k"),
        (["--samples", "nothing.json"],
         "--samples: write JSON, such as '{\"ptr_gsm8k\": [0, 3]}', or name a file that holds it."),
        (["--samples", '{"ptr_gsm8k": [1]}', "--limit", "2"],
         "If --samples is not None, then --limit must be None (lm-eval refuses these settings)."),
        (["--fewshot_as_multiturn", "true"],
         "When `fewshot_as_multiturn` is True, `apply_chat_template` must be set (lm-eval "),
        (["--config", "nothing.yaml"], "--config nothing.yaml: Config file not found: "),
        (["--hf_hub_log_args", "org=x"],
         "--hf_hub_log_args: 'org' is unknown; it takes output_path, hub_results_org, "),
        (["--hf_hub_log_args", "push_results_to_hub=True"],
         "--hf_hub_log_args: Hugging Face token is not defined, but "),
    ],
    ids=str,
)  # fmt: skip
def test_a_flag_that_cannot_work_is_refused_in_a_sentence(
    sums: Path, tmp_path: Path, flags: list[str], sentence: str
) -> None:
    assert refused(sums, tmp_path, *flags).startswith(sentence)


@pytest.mark.parametrize(("flag", "package"), [("--wandb_args", "wandb"),
                                               ("--trackio_args", "trackio")])  # fmt: skip
def test_a_service_that_is_not_installed_is_named(
    sums: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # `import` fails.
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    expected = f"{flag} needs {package}; install it with pip install {package}."
    assert refused(sums, tmp_path, flag, "project=x") == expected


@pytest.mark.parametrize(("flag", "package"), [("--wandb_args", "wandb"),
                                               ("--trackio_args", "trackio")])  # fmt: skip
def test_a_service_that_refuses_its_arguments_is_quoted(
    sums: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: str, package: str
) -> None:
    install_wandb(monkeypatch, tmp_path)
    install_trackio(monkeypatch)
    module: ModuleType = sys.modules[package]
    module.__spec__ = pytest.__spec__  # Found, as an installed package is.
    told = refused(sums, tmp_path, flag, "projct=x")
    assert told.startswith(f"{flag}: {package} cannot be used (TypeError: ")
    assert told.endswith("'projct'); check its arguments.")


def test_a_card_that_cannot_be_written_leaves_the_results(
    sums: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = install_hub(monkeypatch, tmp_path / "hub")

    def no_network(*_: Any, **__: Any) -> NoReturn:
        raise ConnectionError("no network")

    monkeypatch.setattr(hub, "list_repo_files", no_network)
    told = refused(sums, tmp_path / "out", "--limit", "2", "--hf_hub_log_args",
                "push_results_to_hub=True", "token=t")  # fmt: skip
    assert told == (
        "--hf_hub_log_args: the hub's card could not be written (ConnectionError: no network); "
        "results and samples are saved under --output_path."
    )
    assert list((tmp_path / "out").rglob("results_*.json"))


def test_other_errors_pass_as_they_are() -> None:
    for error in (KeyError("a bug"), UserError("a sentence")):
        with pytest.raises(type(error)) as caught, explained():
            raise error
        assert caught.value is error
