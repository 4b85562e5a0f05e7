"""`--resume` with other settings: what may change is applied, and everything else is refused."""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from ptr_eval.errors import UserError
from ptr_train.run import make_trainer, train
from ptr_train.training.checkpoints import MARKER
from ptr_train.training.run_record import RECORD, read_record
from tests.ptr_train.training.run_factory import config_of, logged, write_data

pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is:FutureWarning")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, rows: Path) -> Path:
    """A training of four steps."""
    folder = tmp_path_factory.mktemp("begun")
    train(config_of(folder, tiny_model, rows, "train.max_steps=4", "optimizer.schedule=constant"))
    return folder


@pytest.fixture
def copy(begun: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(begun, tmp_path / "copy"))


def going_on(copy: Path, model: Path, data: Path, *overrides: str) -> Any:
    return config_of(
        copy, model, data, "train.max_steps=6", "optimizer.schedule=constant", *overrides
    )


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in (".lock", "train.yaml")
    }


def test_a_changed_learning_rate_is_applied_from_the_first_step(
    copy: Path, tiny_model: Path, rows: Path
) -> None:
    changed = ["optimizer.learning_rate=1e-4", "optimizer.betas=[0.8, 0.99]",
               "optimizer.weight_decay=0.1", "optimizer.eps=1e-7"]  # fmt: skip
    folder = train(going_on(copy, tiny_model, rows, *changed), resume=True)
    assert logged(folder, "learning_rate") == pytest.approx([3e-3] * 4 + [1e-4] * 2)
    groups = torch.load(folder / "optimizer.pt", weights_only=True)["param_groups"]
    assert [group["betas"] for group in groups] == [(0.8, 0.99)] * 2
    assert [group["weight_decay"] for group in groups] == [0.1, 0.0]
    assert {group["eps"] for group in groups} == {1e-7}
    assert {group["lr"] for group in groups} == {1e-4}


def test_a_schedule_that_becomes_longer_is_that_of_the_longer_training(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    linear = ["optimizer.schedule=linear"]
    train(config_of(tmp_path, tiny_model, rows, *linear, "train.max_steps=4"))
    folder = train(config_of(tmp_path, tiny_model, rows, *linear, "train.max_steps=8"), resume=True)
    rates = [3e-3 * (1 - step / 8) for step in range(4, 8)]
    assert logged(folder, "learning_rate")[4:] == pytest.approx(rates)


def test_logging_saving_and_evaluation_are_as_they_are_now(
    copy: Path, tiny_model: Path, rows: Path
) -> None:
    doubts: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = doubts.append  # type: ignore[method-assign,assignment]
    logging.getLogger("transformers.trainer_utils").addHandler(handler)
    said = ["train.max_steps=12", "train.logging_steps=3", "save.steps=5", "save.limit=null",
            "evaluate={steps: 4}"]  # fmt: skip
    folder = train(going_on(copy, tiny_model, rows, *said), resume=True)
    history = json.loads((folder / "trainer_state.json").read_text())["log_history"]
    logging.getLogger("transformers.trainer_utils").removeHandler(handler)
    assert doubts == []  # Transformers would warn that the intervals are not the checkpoint's.
    # A step that is saved is logged, too.
    assert [e["step"] for e in history if "loss" in e and e["step"] > 4] == [5, 6, 9, 10, 12]
    assert [e["step"] for e in history if "eval_nll" in e] == [8, 12]
    assert (copy / "out" / "checkpoint-5").is_dir()
    assert (copy / "out" / "checkpoint-10").is_dir()


def test_changes_stand_on_the_card_and_in_the_record(
    copy: Path, tiny_model: Path, rows: Path
) -> None:
    said: list[str] = []
    slower = going_on(copy, tiny_model, rows, "optimizer.learning_rate=1e-4")
    first = train(slower, resume=True, say=said.append)
    assert said[0] == (
        "Changed since step 4: `optimizer.learning_rate` was 0.003 and is 0.0001; "
        "`train.max_steps` was 4 and is 6."
    )
    card = (first / "README.md").read_text()
    assert "train.max\\_steps from 4 to 6 after step 4" in card
    assert "optimizer.learning\\_rate from 0.003 to 0.0001 after step 4" in card
    second = train(going_on(copy, tiny_model, rows, "train.max_steps=7"), resume=True)
    record = read_record(second)
    assert record is not None
    told = [(each["step"], each["field"]) for each in record.changes]
    assert told == [(4, "optimizer.learning_rate"), (4, "train.max_steps"),
                    (6, "optimizer.learning_rate"), (6, "train.max_steps")]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("loss={objective: ift}", "`loss.objective` was ptr and is ift"),
        ("loss={objective: ptr, consistency: token}", "`loss.consistency` was hidden and is token"),
        ("train.per_device_batch_size=2", "`train.per_device_batch_size` was 4 and is 2"),
        ("train.gradient_accumulation_steps=2", "`train.gradient_accumulation_steps` was 1 and is"),
        ("lora={rank: 4}", "`lora.rank` was null and is 4"),
        ("data.encoding.max_length=100", "`data.encoding.max_length` was 4096 and is 100"),
        ("data.limit=9", "`data.limit` was null and is 9"),
        ("data.pack=true", "`data.pack` was false and is true"),
        ("model.precision=bf16", "`model.precision` was fp32 and is bf16"),
        ("seed=1", "`seed` was 0 and is 1"),
    ],
)
def test_what_may_not_change_is_refused_by_name_and_nothing_is_written(
    begun: Path, tiny_model: Path, rows: Path, said: str, named: str
) -> None:
    before = files_in(begun)
    with pytest.raises(UserError) as caught:
        train(going_on(begun, tiny_model, rows, said), resume=True)
    told = str(caught.value)
    assert "\n" not in told
    assert f"checkpoint-4 was trained with other settings ({named}" in told
    assert told.endswith("set them back, or choose another `out`.")
    assert files_in(begun) == before


def test_other_data_another_model_and_another_template_are_refused(
    begun: Path, tiny_model: Path, rows: Path, tmp_path: Path
) -> None:
    other_rows = write_data(tmp_path / "rows", rows=12)
    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    weights = bytearray((model / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (model / "model.safetensors").write_bytes(bytes(weights))
    template = tmp_path / "t.jinja"
    template.write_text("{% for m in messages %}{{ m.content }}\n{% endfor %}")
    before = files_in(begun)
    for config, named in (
        (going_on(begun, tiny_model, other_rows), "the data are not the same"),
        (going_on(begun, model, rows), "the model's files are not the same"),
        (
            going_on(begun, tiny_model, rows, f"model.chat_template={template}"),
            "the chat template is not the same",
        ),
    ):
        with pytest.raises(UserError) as caught:
            train(config, resume=True)
        assert f"was trained with other settings ({named})" in str(caught.value)
    assert files_in(begun) == before


def test_model_and_data_may_lie_elsewhere(
    copy: Path, tiny_model: Path, rows: Path, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    data = Path(shutil.copytree(rows, tmp_path / "rows"))
    assert train(going_on(copy, model, data), resume=True).name == "checkpoint-6"


def test_another_number_of_processes_is_another_batch(
    begun: Path, tiny_model: Path, rows: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(begun, tmp_path / "copy"))
    path = copy / "out" / "checkpoint-4" / RECORD
    path.write_text(json.dumps({**json.loads(path.read_text()), "processes": 2}))
    with pytest.raises(UserError, match="the number of processes was 2 and is 1"):
        train(going_on(copy, tiny_model, rows), resume=True)


def test_a_finished_training_stays_as_it_is_and_a_shorter_one_is_refused(
    copy: Path, tiny_model: Path, rows: Path
) -> None:
    before = (copy / "out" / "checkpoint-4" / MARKER).read_bytes()
    assert train(going_on(copy, tiny_model, rows, "train.max_steps=4"), resume=True).name == (
        "checkpoint-4"
    )
    assert (copy / "out" / "checkpoint-4" / MARKER).read_bytes() == before
    with pytest.raises(UserError, match=r"is of step 4, and `train.max_steps` or .* for 3 steps"):
        train(going_on(copy, tiny_model, rows, "train.max_steps=3"), resume=True)


def test_a_checkpoint_of_an_earlier_version_is_gone_on_from_with_a_warning(
    copy: Path, tiny_model: Path, rows: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (copy / "out" / "checkpoint-4" / RECORD).unlink()
    with caplog.at_level(logging.WARNING):
        train(going_on(copy, tiny_model, rows), resume=True)
    assert "checkpoint-4 was saved by an earlier version, which recorded no inputs" in caplog.text


def test_evaluations_after_a_change_are_made_again_and_the_old_ones_kept(
    copy: Path, tiny_model: Path, rows: Path
) -> None:
    for step in (0, 4, 6):
        (copy / "out" / "eval" / f"step-{step}").mkdir(parents=True)
        (copy / "out" / "eval" / f"step-{step}" / "run.json").write_text("{}")
    make_trainer(
        going_on(copy, tiny_model, rows, "optimizer.learning_rate=1e-4"),
        copy / "out" / "checkpoint-4",
    )
    assert sorted(path.name for path in (copy / "out" / "eval").iterdir()) == ["step-0", "step-4"]
    assert (copy / "out" / "eval-before-change-at-4" / "step-6" / "run.json").is_file()


def test_evaluations_stay_where_a_change_has_no_effect_on_them(
    copy: Path, tiny_model: Path, rows: Path
) -> None:
    (copy / "out" / "eval" / "step-6").mkdir(parents=True)
    said = ["train.max_steps=4", "save.limit=9", "train.logging_steps=2"]
    make_trainer(going_on(copy, tiny_model, rows, *said), copy / "out" / "checkpoint-4")
    assert (copy / "out" / "eval" / "step-6").is_dir()


def test_a_folder_with_evaluations_of_another_training_is_refused(
    copy: Path, tiny_model: Path, rows: Path
) -> None:
    shutil.rmtree(copy / "out" / "checkpoint-4")
    (copy / "out" / "eval" / "step-0").mkdir(parents=True)
    with pytest.raises(UserError, match=r"out was trained with other settings .`seed` was 0 and"):
        train(going_on(copy, tiny_model, rows, "seed=1"))


@pytest.mark.parametrize(
    ("rows_there", "batch", "accumulation", "epochs"), [(50, 4, 3, 2), (8, 4, 1, 1.5), (3, 4, 8, 2)]
)
def test_steps_are_planned_as_they_are_trained(
    tmp_path: Path, tiny_model: Path, rows_there: int, batch: int, accumulation: int, epochs: float
) -> None:
    data = write_data(tmp_path / "rows", rows=rows_there)
    config = config_of(
        tmp_path, tiny_model, data, "train.max_steps=null", f"train.epochs={epochs}",
        f"train.per_device_batch_size={batch}",
        f"train.gradient_accumulation_steps={accumulation}",
    )  # fmt: skip
    trainer = make_trainer(config)
    planned = trainer.planned_steps()
    trainer.train()
    assert trainer.state.global_step == planned


@pytest.mark.parametrize(
    "name",
    ["model.safetensors", "optimizer.pt", "rng_state.pth", "trainer_state.json", RECORD],
)
def test_a_damaged_checkpoint_is_named_with_the_one_before(
    name: str, copy: Path, tiny_model: Path, rows: Path
) -> None:
    checkpoint = copy / "out" / "checkpoint-4"
    file = checkpoint / name
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    before = files_in(copy / "out")
    with pytest.raises(UserError) as caught:
        train(going_on(copy, tiny_model, rows), resume=True)
    said = str(caught.value)
    assert said.startswith(f"{file} is damaged (")
    assert said.endswith(f"); remove {checkpoint} to start again.")
    assert "\n" not in said
    assert files_in(copy / "out") == before
    earlier = copy / "out" / "checkpoint-2"
    earlier.mkdir()
    (earlier / MARKER).touch()
    with pytest.raises(UserError, match=f"; remove {checkpoint} to go on from {earlier}.$"):
        train(going_on(copy, tiny_model, rows), resume=True)
