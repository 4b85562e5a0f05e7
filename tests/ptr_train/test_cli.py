"""The command line, from the configuration to the last checkpoint."""

from pathlib import Path

import pytest
import yaml
from tqdm.auto import tqdm

from ptr_eval.errors import UserError
from ptr_train.cli import main
from tests.ptr_train.training.run_factory import config_of, logged, write_data


@pytest.fixture
def config(tmp_path: Path, tiny_model: Path) -> str:
    config_of(tmp_path, tiny_model, write_data(tmp_path / "rows", rows=8), "train.max_steps=2")
    return str(tmp_path / "train.yaml")


def test_a_run_prints_its_last_checkpoint_and_can_be_gone_on_with(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["run", config, "--set", "train.max_steps=2"])
    last = Path(capsys.readouterr().out.splitlines()[-1])
    assert last == tmp_path / "out" / "checkpoint-2"
    main(["run", config, "--set", "train.max_steps=3", "--resume"])
    assert len(logged(tmp_path / "out" / "checkpoint-3")) == 3


def test_resuming_what_never_began_begins(config: str, tmp_path: Path) -> None:
    main(["run", config, "--resume", "--set", "train.max_steps=1"])
    assert (tmp_path / "out" / "checkpoint-1").is_dir()


def test_data_can_be_encoded_beforehand(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["encode", config])
    said = capsys.readouterr().out
    assert said.startswith("train: 8 rows, ")
    shard = next((tmp_path / "out" / "encoded" / "train").rglob("*.arrow"))
    written = shard.stat().st_mtime_ns
    main(["run", config, "--set", "train.max_steps=1"])
    assert shard.stat().st_mtime_ns == written
    elsewhere = [f"data.path={tmp_path}/out/encoded", f"out={tmp_path}/other", "train.max_steps=1"]
    main(["run", config, *(word for each in elsewhere for word in ("--set", each))])
    assert (tmp_path / "other" / "checkpoint-1").is_dir()
    assert not (tmp_path / "other" / "encoded").exists()


def test_a_configuration_is_shown_with_all_its_defaults(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["show-config", config, "--set", "train.per_device_batch_size=3"])
    shown = yaml.safe_load(capsys.readouterr().out)
    assert shown["train"]["per_device_batch_size"] == 3
    assert shown["loss"]["variant"] == "paper_fixed"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "no.yaml"], "no.yaml: no such file"),
        (["merge", ".", "--out", "merged"], "has no adapters"),
        (["encode", "tiny-cpu", "--set", "loss={objective: dpo}"], "use `ptr-train run`"),
    ],
)
def test_a_user_s_mistake_is_said_in_one_sentence(arguments: list[str], said: str) -> None:
    with pytest.raises(SystemExit, match=said) as caught:
        main(arguments)
    assert "\n" not in str(caught.value)


def test_a_model_that_is_not_there_is_named(config: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"`model.name`: there is no folder .*nowhere"):
        main(["run", config, "--set", "model.name=./nowhere"])


@pytest.mark.parametrize("kind", ["{deepspeed: zero2}", "{fsdp: true}"])
def test_sharding_asks_for_a_launcher(
    config: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(SystemExit, match="needs a launcher, even for one GPU: torchrun"):
        main(["run", config, "--set", f"sharding={kind}"])


def test_a_message_has_a_line_of_its_own(
    config: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_bars = []

    def fails(*args: object, **more: object) -> None:
        open_bars.append(tqdm(total=3, disable=False))
        raise UserError("It does not work.")

    monkeypatch.setattr("ptr_train.run.train", fails)
    with pytest.raises(SystemExit, match="It does not work"):
        main(["run", config])
    assert capsys.readouterr().err.endswith("\n")
    assert len(open_bars) == 1
