"""The command `ptr-data`."""

from pathlib import Path

import pytest

import ptr_data.build
from ptr_data.cli import main
from tests.ptr_data.compare import compare_factory
from tests.ptr_data.methods.ptr.ptr_factory import QUESTIONS, prepare


def test_a_build_can_be_shown_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["build", str(prepare(tmp_path))])
    built = capsys.readouterr().out
    assert f"{QUESTIONS - 1} rows in {tmp_path / 'out'}" in built
    assert "exact duplicate" in built
    main(["stats", str(tmp_path / "out")])
    assert capsys.readouterr().out.strip() in built
    main(["show", str(tmp_path / "out"), "--rows", "2", "--kind", "ptr"])
    shown = capsys.readouterr().out
    assert shown.count("how would you explain") >= 2
    main(["show", str(tmp_path / "out"), "--dropped", "image"])
    assert "What is in this image?" in capsys.readouterr().out


def test_mistakes_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"nowhere\.yaml cannot be read"):
        main(["build", str(tmp_path / "nowhere.yaml")])
    with pytest.raises(SystemExit, match=r"manifest\.json is not the manifest of a finished build"):
        main(["stats", str(tmp_path)])
    with pytest.raises(SystemExit) as caught:
        main(["show", str(tmp_path), "--kind", "else"])
    assert caught.value.code == 2
    assert "invalid choice: 'else'" in capsys.readouterr().err


def test_stopping_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(method: object, config: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ptr_data.build, "build", stop)
    with pytest.raises(SystemExit, match="Stopped; the same command goes on from here"):
        main(["build", str(prepare(tmp_path))])


def test_models_can_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(compare_factory.prepare(tmp_path))
    main(["compare", path, "--dry-run"])
    assert "nothing is asked now" in capsys.readouterr().out
    main(["compare", path])
    assert "the answers of large are better" in capsys.readouterr().out
