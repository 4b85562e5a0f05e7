"""Without extras: scoring and reports work, and everything else names the extra it needs."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ptr_eval.errors import UserError
from ptr_eval.extras import require, require_backend
from ptr_eval.scoring import load_embedder
from tests.scripted_lm import QUESTIONS, gold, write_sums

ROOT = Path(__file__).parents[2]
HF = "PyTorch, transformers and accelerate; install them with pip install 'ptr-eval[hf]'."
BUILD = """
out: out
sources: [{path: questions.jsonl}]
models: [{name: one, backend: recorded, args: {file: recorded.jsonl}}]
weak: [one]
strong: one
"""
TRAIN = """
out: out
model: {name: nothing, precision: fp32, cpu: true}
data: {path: .}
"""


def commands(folder: Path) -> dict[str, tuple[list[str], str]]:
    """List commands by name: the arguments, and how each must end."""
    answers = [
        {"doc_id": n, "responses": ["It is 7.", f"The answer is {gold(n)}."]}
        for n in range(QUESTIONS)
    ]
    (folder / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in answers))
    data = f"ptr_data={write_sums(folder)}"
    (folder / "build.yaml").write_text(BUILD)
    (folder / "train.yaml").write_text(TRAIN)
    (folder / "adapters").mkdir()
    (folder / "adapters" / "adapter_config.json").write_text("{}")
    scored, build, train = (str(folder / name) for name in ("scored", "build.yaml", "train.yaml"))
    grouped = str(folder / "grouped")
    (folder / "groups.jsonl").write_text(
        "".join(json.dumps({"doc_id": n, "responses": ["7", "8", "9"]}) + "\n" for n in range(3))
    )
    train_needs = HF.replace("[hf]", "[train]")
    return {
        "ls": (["ptr-eval", "ls"], ""),
        "score": (
            ["ptr-eval", "score", "--task", "ptr_gsm8k", "--responses",
             str(folder / "answers.jsonl"), "--metadata", data, "--out", scored], "",
        ),
        "score groups": (
            ["ptr-eval", "score", "--task", "ptr_gsm8k", "--responses",
             str(folder / "groups.jsonl"), "--out", grouped,
             "--metadata", data, "ptr_protocol=parallel", "ptr_candidates=2"], "",
        ),
        "table": (["ptr-eval", "table", scored], ""),
        "rescore": (["ptr-eval", "rescore", scored, "--out", str(folder / "again")], ""),
        "report": (["ptr-eval", "report", scored, "--out", str(folder / "report")], ""),
        "show-config": (["ptr-train", "show-config", train], ""),
        "run": (
            ["ptr-eval", "run", "--tasks", "ptr_gsm8k", "--metadata", data],
            f"`--model hf` needs {HF}",
        ),
        "run, vllm": (
            ["ptr-eval", "run", "--model", "vllm", "--tasks", "ptr_gsm8k"],
            "`--model vllm` needs vllm; install it with pip install 'ptr-eval[vllm]'.",
        ),
        "run, api": (
            ["ptr-eval", "run", "--model", "local-completions", "--tasks", "ptr_gsm8k",
             "--model_args", "model=m,base_url=http://127.0.0.1:9"],
            "`--model local-completions` needs tenacity and transformers; install them with "
            "pip install 'ptr-eval[api]'.",
        ),
        "judge": (
            ["ptr-eval", "select", grouped, "--judge", "hf"],
            f"Backend hf needs {HF}",
        ),
        "reward model": (
            ["ptr-eval", "select", grouped, "--reward-model", "m"],
            "`--reward-model` needs PyTorch and transformers; install them with "
            "pip install 'ptr-eval[hf]'.",
        ),
        "build": (
            ["ptr-data", "build", build],
            "`ptr-data build` needs rensa and py3langid; install them with "
            "pip install 'ptr-eval[data]'.",
        ),
        "train": (["ptr-train", "run", train], f"`ptr-train run` needs {train_needs}"),
        "encode": (
            ["ptr-train", "encode", train],
            "`ptr-train encode` needs PyTorch and transformers; install them with "
            "pip install 'ptr-eval[train]'.",
        ),
        "merge": (
            ["ptr-train", "merge", str(folder / "adapters"), "--out", str(folder / "merged")],
            "`ptr-train merge` needs PyTorch, transformers and peft; install them with "
            "pip install 'ptr-eval[train]'.",
        ),
    }  # fmt: skip


def test_commands_without_extras_work_or_name_the_extra(tmp_path: Path) -> None:
    wanted = commands(tmp_path)
    (tmp_path / "commands.json").write_text(json.dumps([line for line, _ in wanted.values()]))
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("without_extras.py")), "commands.json"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PATH": "", "PYTHONPATH": str(ROOT), "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    printed, ended = {}, {}
    for name, (out, end) in zip(wanted, json.loads(done.stdout), strict=True):
        printed[name], ended[name] = out, end
    assert ended == {name: end for name, (_, end) in wanted.items()}
    assert "ptr_gsm8k" in printed["ls"]
    assert "| exact_match      | 0.000 ± 0.000 | 1.000 ± 0.000 |" in printed["score"]
    assert printed["table"] == printed["score"]
    assert "0 verdicts changed" in printed["rescore"]
    assert "0.0 % in round 1, 100.0 % in round 2" in printed["report"]
    assert (tmp_path / "report" / "report.html").is_file()


def test_only_what_is_missing_is_named() -> None:
    require("This", "hf", "json", "pathlib")
    with pytest.raises(
        UserError, match=r"^This needs no-such; install it with pip install 'ptr-eval\[hf\]'\.$"
    ):
        require("This", "hf", "json", "no_such")


def test_similarity_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError) as caught:
        load_embedder("a folder")
    assert str(caught.value) == (
        "`similarity` needs sentence-transformers; install it with pip install "
        "'ptr-eval[similarity]'."
    )


def test_backends_of_which_no_extra_is_known_are_left_to_lm_eval() -> None:
    require_backend("`--model dummy`", "dummy")
    require_backend("nothing", None)


def calls() -> Iterator[tuple[str, list[str]]]:
    """Find each call of `require` in the packages: the extra, and the modules."""
    for package in ("ptr_eval", "ptr_data", "ptr_train"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "require":
                    texts = [str(a.value) for a in node.args[1:] if isinstance(a, ast.Constant)]
                    if texts:
                        yield texts[0], texts[1:]


def test_extras_that_errors_name_bring_the_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]

    def brought(extra: str) -> set[str]:
        names = {re.split(r"[^\w-]", line)[0] for line in extras[extra]}
        parts = [re.search(r"ptr-eval\[([\w,-]+)\]", line) for line in extras[extra]]
        inner = [name for found in parts if found for name in found[1].split(",")]
        return names.union(*(brought(name) for name in inner))

    found = list(calls())
    assert len(found) >= 9
    for extra, modules in found:
        assert {name.replace("_", "-") for name in modules} <= brought(extra), extra


def test_the_base_installs_no_model_library() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    base = " ".join(project["dependencies"])
    for heavy in ("torch", "transformers", "accelerate", "vllm", "peft", "deepspeed"):
        assert heavy not in base
