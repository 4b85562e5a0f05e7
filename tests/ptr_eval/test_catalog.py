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
from tests.benchmark_fixtures import FORMS, Form, write

ROOT = Path(__file__).parents[2]
CONFIGS = sorted(catalog.tasks_path().glob("*.yaml"))


def test_there_is_a_configuration_for_every_benchmark_and_the_group() -> None:
    listed = list(catalog.entries())
    assert [entry.name for entry in listed] == sorted(path.stem for path in CONFIGS)
    assert len(listed) == 22
    groups = {entry.name: entry.data.split(", ") for entry in listed if entry.kind == "group"}
    assert {name: len(tasks) for name, tasks in groups.items()} == {"gsr_core": 5, "ptr_core": 10}
    for tasks in groups.values():
        assert set(tasks) < {entry.name for entry in listed}


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


def load_task(name: str, folder: Path, **given: Any) -> Any:
    metadata = {"ptr_data": str(folder), **given}
    manager = TaskManager(
        include_path=str(catalog.tasks_path()), include_defaults=False, metadata=metadata
    )
    return manager.load([name])["tasks"][name]


@pytest.mark.parametrize("form", [form for form in FORMS.values() if form.task.startswith("gsr_")])
def test_the_command_line_wins_over_the_settings_of_a_configuration(
    form: Form, tmp_path: Path
) -> None:
    folder = write(tmp_path, form.files)
    task = load_task(form.task, folder)
    settings = task.settings
    assert (settings.protocol, settings.rounds, settings.candidates) == ("parallel", 2, 4)
    assert (settings.syntheses, settings.candidate_tokens) == (1, 6144)
    assert task.config.repeats == (8 if "aime" in form.task else 4)
    assert task.config.generation_kwargs == {
        "until": [], "max_gen_toks": 32768, "temperature": 0.6, "top_p": 0.95, "do_sample": True,
    }  # fmt: skip
    given = {"ptr_candidates": 2, "ptr_rounds": 1, "ptr_candidate_tokens": 9, "ptr_samples": 3}
    task = load_task(form.task, folder, **given)
    settings = task.settings
    assert (settings.protocol, settings.rounds, settings.candidates) == ("parallel", 1, 2)
    assert (settings.candidate_tokens, task.config.repeats) == (9, 3)
    settings = load_task(form.task, folder, ptr_protocol="sequential").settings
    assert (settings.protocol, settings.rounds) == ("sequential", 3)


def test_the_settings_of_one_configuration_do_not_reach_another(tmp_path: Path) -> None:
    folder = tmp_path
    for form in ("aime24", "gsm8k"):
        write(folder, FORMS[form].files)
    manager = TaskManager(
        include_path=str(catalog.tasks_path()),
        include_defaults=False,
        metadata={"ptr_data": str(folder)},
    )
    tasks: dict[str, Any] = manager.load(["gsr_aime24", "ptr_gsm8k"])["tasks"]
    assert tasks["gsr_aime24"].settings.protocol == "parallel"
    assert tasks["ptr_gsm8k"].settings.protocol == "sequential"


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
    with pytest.raises(UserError, match=r"contains a file that `link` did not make \(mine\.yaml\)"):
        catalog.unlink()
    assert len(list((lm_eval_tasks / "ptr_eval_links").iterdir())) == len(CONFIGS) + 1


def test_an_environment_that_cannot_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(catalog, "_link_folder", lambda: tmp_path / "file" / "links")
    with pytest.raises(UserError, match=r"cannot be written .* --include_path"):
        catalog.link()


def test_the_links_would_be_inside_the_installed_lm_eval() -> None:
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
