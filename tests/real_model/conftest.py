"""What the tests on a real model share: the model, made-up questions, and what the model is sent.

The model is SmolLM2-135M-Instruct. PTR_SMOLLM2 may name its folder; else it is made of a Python
package, once, below the user's cache folder. Where neither is possible, the tests are skipped.
"""

import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.errors import UserError
from tests.real_model.made_up import write_questions

FOLDER = "PTR_SMOLLM2"


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """An ordinary folder of the model, in bf16."""
    if named := os.environ.get(FOLDER):
        return Path(named)
    module: Any = import_module("examples.smollm2.get_model")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    try:
        with warnings.catch_warnings(action="ignore"):  # Those of whoever reads the package.
            folder: Path = module.get_model(caches / "ptr-eval" / "SmolLM2-135M-Instruct")
    except UserError as error:
        said = str(error).removesuffix(".")
        pytest.skip(f"{said}, or name a folder of the model in {FOLDER}.")
    return folder


@pytest.fixture(scope="session")
def lm(smollm2: Path) -> Any:
    """The model as lm-eval's `--model hf` builds it."""
    from lm_eval.models.huggingface import HFLM

    return HFLM(pretrained=str(smollm2), device="cpu", dtype="bfloat16", batch_size=8)


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with made-up questions in the form of GSM8K and of ARC."""
    return write_questions(tmp_path_factory.mktemp("data"))


@dataclass
class Sent:
    """What a model was given to continue, and what it wrote, batch by batch."""

    batches: list[list[list[int]]] = field(default_factory=list)
    """The token ids of the prompts, without padding."""
    replies: list[list[list[int]]] = field(default_factory=list)
    """The token ids after them, with whatever ends and fills them."""
    stops: list[list[str]] = field(default_factory=list)
    """The stops of each batch."""

    @property
    def prompts(self) -> list[list[int]]:
        return [prompt for batch in self.batches for prompt in batch]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    return _watched(monkeypatch)


@pytest.fixture(scope="module")
def sent_in_module() -> Iterator[Sent]:
    with pytest.MonkeyPatch.context() as patch:
        yield _watched(patch)


def _watched(patch: pytest.MonkeyPatch) -> Sent:
    """Write down what passes between lm-eval and a model of transformers."""
    from lm_eval.models.huggingface import HFLM

    seen, generate = Sent(), HFLM._model_generate

    def watched(self: Any, context: Any, **options: Any) -> Any:
        pairs = zip(context, options["attention_mask"].bool(), strict=True)
        seen.batches.append([ids[shown].tolist() for ids, shown in pairs])
        seen.stops.append(list(options["stop"]))
        written = generate(self, context=context, **options)
        seen.replies.append(written[:, context.shape[1] :].tolist())
        return written

    patch.setattr(HFLM, "_model_generate", watched)
    return seen


@pytest.fixture(scope="session", autouse=True)
def no_report_of_the_machine() -> Iterator[None]:
    """Leave out lm-eval's report of the machine, which takes a second each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lm_eval.evaluator.add_env_info", lambda results: None)
        patch.setattr("lm_eval.evaluator.get_git_commit_hash", lambda: None)
        yield


@pytest.fixture(autouse=True)
def no_data_folder_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PTR_DATA", raising=False)
