"""The task configurations: where they are, what they hold, and links for plain lm_eval."""

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from lm_eval.tasks import TaskManager
from lm_eval.tasks._yaml_loader import load_yaml

from ptr_eval import catalog
from ptr_eval.errors import UserError

ROOT = Path(__file__).parents[2]
CONFIGS = sorted(catalog.tasks_path().glob("*.yaml"))


def test_there_is_a_configuration_for_every_benchmark_and_the_group() -> None:
    listed = list(catalog.entries())
    assert [entry.name for entry in listed] == sorted(path.stem for path in CONFIGS)
    assert len(listed) == 15
    (core,) = [entry for entry in listed if entry.kind == "group"]
    assert set(core.data.split(", ")) < {entry.name for entry in listed}
    assert len(core.data.split(", ")) == 10


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_configuration_is_short_and_loads(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 40
    config: dict[str, Any] = load_yaml(path)
    if "group" in config:
        return
    assert config["task"] == path.stem
    assert "num_fewshot" not in config  # Else lm-eval would ignore --num_fewshot.
    assert isinstance(config["generation_kwargs"]["until"], list)
    assert config["generation_kwargs"]["max_gen_toks"] >= 256
    assert config["test_split"] in config["ptr"]["files"]
    assert config["fewshot_split"] in config["ptr"]["files"]


# link and unlink


@pytest.fixture
def lm_eval_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands in for lm-eval's own tasks."""
    (tmp_path / "other.yaml").write_text("task: other\n")
    monkeypatch.setattr(catalog, "_link_folder", lambda: tmp_path / "ptr_eval_links")
    return tmp_path


def test_linked_tasks_are_found_among_lm_evals_own(lm_eval_tasks: Path) -> None:
    catalog.link()
    catalog.link()  # Again, after an update.
    found = TaskManager(include_path=str(lm_eval_tasks), include_defaults=False)
    assert set(found.all_tasks) == {"other", *(path.stem for path in CONFIGS)}


def test_unlink_leaves_no_trace(lm_eval_tasks: Path) -> None:
    catalog.link()
    assert catalog.unlink()
    assert [path.name for path in lm_eval_tasks.iterdir()] == ["other.yaml"]
    assert not catalog.unlink()
    assert CONFIGS[0].is_file()


def test_unlink_touches_nothing_that_link_did_not_make(lm_eval_tasks: Path) -> None:
    (catalog.link() / "mine.yaml").write_text("task: mine\n")
    with pytest.raises(UserError, match=r"holds files of another origin \(mine\.yaml\)"):
        catalog.unlink()
    assert len(list((lm_eval_tasks / "ptr_eval_links").iterdir())) == len(CONFIGS) + 1


def test_an_environment_that_cannot_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(catalog, "_link_folder", lambda: tmp_path / "file" / "links")
    with pytest.raises(UserError, match=r"cannot be written .* --include_path"):
        catalog.link()


def test_the_links_would_lie_inside_the_installed_lm_eval() -> None:
    import lm_eval

    folder = catalog._link_folder()
    assert folder == Path(str(lm_eval.__file__)).parent / "tasks" / "ptr_eval_links"
    assert not folder.exists()


@pytest.mark.slow
def test_the_wheel_brings_its_configurations(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        packed.extractall(tmp_path / "site")
    assert {f"ptr_eval/task_configs/{path.name}" for path in CONFIGS} <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "task_configs/"))]
    code = "from ptr_eval.catalog import tasks_path; print(tasks_path())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path / "site", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(done.stdout.strip()) == tmp_path / "site" / "ptr_eval" / "task_configs"
