"""Relative paths in a configuration file's settings are below its folder."""

from pathlib import Path

import pytest

from ptr_eval.harness.setting_paths import settings_below


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("data", "files", "{}/files"),
        ("data", "none", "none"),
        ("data", "/files", "/files"),
        ("first_round", "run", "{}/run"),
        ("ledger", "ledger", "{}/ledger"),
        ("protocol", "mine.py:Mine", "{}/mine.py:Mine"),
        ("protocol", "package.mine:Mine", "package.mine:Mine"),
        ("protocol", "parallel", "parallel"),
        ("aggregator", "other.yaml", "{}/other.yaml"),
        ("aggregator", "hf:org/model", "hf:org/model"),
        ("instruction", "critical", "critical"),
        ("instruction", "there", "{}/there"),
        ("instruction", "not there.txt", "{}/not there.txt"),
        ("instruction", "Check and/or correct it.", "Check and/or correct it."),
        ("synthesis", "x" * 5000, "x" * 5000),
        ("instruction", "Again", "Again"),
        ("embedder", "Again", "{}/Again"),
        ("embedder", "BAAI/bge-m3", "BAAI/bge-m3"),
        ("rounds", 5, 5),
        ("scorers", "there", "there"),
    ],
)
def test_only_paths_are_moved(tmp_path: Path, name: str, value: object, expected: object) -> None:
    (tmp_path / "there").write_text("Look again.")
    (tmp_path / "Again").mkdir()
    wanted = expected.format(tmp_path) if isinstance(expected, str) else expected
    assert settings_below(tmp_path, {f"ptr_{name}": value}) == {f"ptr_{name}": wanted}


def test_the_home_folder_is_found(tmp_path: Path) -> None:
    home = settings_below(tmp_path, {"ptr_data": "~/files"})
    assert home == {"ptr_data": str(Path.home() / "files")}
