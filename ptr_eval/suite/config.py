"""Reads the suite file: models, instructions and tasks.

All mistakes in it are reported before anything runs. Paths are relative to the folder of the file.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    JsonValue,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ptr_eval.catalog import tasks_path
from ptr_eval.config import Settings, Text, read_yaml_config
from ptr_eval.errors import UserError
from ptr_eval.harness.aggregator import PATH_ARGUMENTS
from ptr_eval.instructions import INSTRUCTIONS, resolve_instruction
from ptr_eval.suite.definitions import (
    TaskDefinition,
    find_definitions,
    with_group_members,
    without_rounds,
)
from ptr_eval.suite.field_types import (
    AnyPath,
    ArgumentText,
    ArgumentTexts,
    ExistingFile,
    ExistingFolder,
    FolderName,
    local_or_hub,
    require_different_folders,
)
from ptr_eval.suite.options import RunOptions
from ptr_eval.suite.setting_paths import require_first_rounds


class SuiteModel(RunOptions):
    """A model to evaluate, with settings of its own."""

    backend: ArgumentText = "hf"
    """The value of `--model`."""
    args: dict[str, JsonValue] = Field(default_factory=dict)
    """The value of `--model_args`; local paths are absolute."""
    method: Text | None = None
    """How it was trained or prompted, such as `Prompt`, `IFT` or `PTR`; by default its name."""
    step: Annotated[int, Field(ge=0)] | None = None
    """Its training step, if it is one of a series."""

    @model_validator(mode="before")
    @classmethod
    def _path_alone(cls, value: Any) -> Any:
        return {"args": {"pretrained": value}} if isinstance(value, str) else value

    @field_validator("args")
    @classmethod
    def _local_paths(cls, args: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        return {
            key: local_or_hub(key, value, info)
            if key in PATH_ARGUMENTS and value is not None
            else value
            for key, value in args.items()
        }


class SuiteInstruction(Settings):
    """An instruction: a shipped one by its name, or a text of one's own."""

    name: FolderName
    """Its name in reports, and the name of its folder."""
    text: Text | None = None
    """The text, for an instruction of one's own."""
    file: ExistingFile | None = None
    """A file with the text, instead of `text`."""

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, value: Any) -> Any:
        # Here the value null of YAML is the name of an instruction.
        return {"name": value or "null"} if isinstance(value, str | None) else value

    @model_validator(mode="after")
    def _has_a_text(self) -> "SuiteInstruction":
        if self.text and self.file:
            raise ValueError("must have a `text` or a `file`, not both")
        if not self.text and not self.file and self.name not in INSTRUCTIONS:
            raise ValueError(
                f"must be one of {', '.join(INSTRUCTIONS)}, or have a `name` and a `text` or `file`"
            )
        try:
            resolve_instruction(self.choice)
        except UserError as error:
            raise ValueError(f"must be a text ({str(error).removesuffix('.')})") from None
        return self

    @property
    def choice(self) -> str:
        """The value of `ptr_instruction`."""
        return str(self.file) if self.file else self.text or self.name


class SuiteTask(RunOptions):
    """A task, or several tasks that one process runs; with settings of its own."""

    tasks: ArgumentTexts | None = None
    """The names of the tasks for lm-eval; by default the name of this entry."""

    @model_validator(mode="before")
    @classmethod
    def _nothing_to_set(cls, value: Any) -> Any:
        return {} if value is None else value

    def task_names(self, name: str) -> list[str]:
        """List the names of the tasks for lm-eval."""
        return self.tasks or [name]


class ReportFiles(Settings):
    """Where the report is written to."""

    out: AnyPath | None = None
    """The folder of the report; by default `report` in the folder of all results."""
    config: ExistingFile | None = None
    """The configuration of the report."""


class Suite(Settings):
    """A suite file."""

    out: AnyPath = Field(Path("results"), validate_default=True)
    """The folder of all results."""
    include_path: ExistingFolder | None = None
    """A folder with tasks of one's own."""
    confirm_run_unsafe_code: bool = False
    """Agrees that code which a model wrote is run in a sandbox."""
    defaults: RunOptions = Field(default_factory=RunOptions)
    """The settings of all runs."""
    models: dict[FolderName, SuiteModel]
    """The models by name."""
    instructions: list[SuiteInstruction] = Field(
        default_factory=lambda: [SuiteInstruction(name="neutral")]
    )
    """The instructions."""
    tasks: dict[FolderName, SuiteTask]
    """The tasks by name."""
    report: Annotated[
        ReportFiles | None, BeforeValidator(lambda value: None if value is False else value)
    ] = Field(default_factory=ReportFiles)
    """The report to write at the end; False in the file for no report."""
    _folder: Path = PrivateAttr(default=Path())

    def model_post_init(self, context: Any) -> None:
        """Remember where the file is."""
        self._folder = (context or {}).get("folder", Path()).resolve()

    @property
    def folder(self) -> Path:
        """The folder of the suite file."""
        return self._folder

    @model_validator(mode="after")
    def _first_rounds_there(self) -> "Suite":
        levels = [self.defaults, *self.models.values(), *self.tasks.values()]
        require_first_rounds((level.metadata for level in levels), self.out)
        return self

    @field_validator("models")
    @classmethod
    def _different_models(cls, models: dict[str, SuiteModel]) -> dict[str, SuiteModel]:
        require_different_folders(list(models))
        return models

    @field_validator("instructions")
    @classmethod
    def _different_instructions(
        cls, instructions: list[SuiteInstruction]
    ) -> list[SuiteInstruction]:
        require_different_folders([instruction.name for instruction in instructions])
        return instructions

    @field_validator("tasks")
    @classmethod
    def _tasks_that_can_run(
        cls, tasks: dict[str, SuiteTask], info: ValidationInfo
    ) -> dict[str, SuiteTask]:
        require_different_folders(list(tasks))
        if {"include_path", "confirm_run_unsafe_code"} <= info.data.keys():
            known = known_tasks(info.data["include_path"])
            agreed = info.data["confirm_run_unsafe_code"]
            problems = [_problem(name, entry, known, agreed) for name, entry in tasks.items()]
            if any(problems):
                raise ValueError(f"must all be able to run ({'; '.join(filter(None, problems))})")
        return tasks


def _problem(
    name: str, entry: SuiteTask, known: dict[str, TaskDefinition], agreed: bool
) -> str | None:
    tasks = entry.task_names(name)
    if unknown := [task for task in tasks if task not in known]:
        return (
            f"{', '.join(unknown)}: unknown task, known are {', '.join(sorted(known))}; "
            "name the folder of your own tasks in `include_path`, and run lm-eval's own with "
            "lm_eval itself"
        )
    if foreign := without_rounds(tasks, known):
        return (
            f"{name}: {', '.join(foreign)} has no `ptr:` section, so it has no rounds that a "
            "report could show; run lm-eval's own tasks with lm_eval itself"
        )
    found = with_group_members(tasks, known)
    if len({definition.folder for definition in found}) > 1:
        return f"{name}: some tasks are ours and some are yours; give each kind its own entry"
    if not agreed and any(definition.unsafe for definition in found):
        return (
            f"{name} runs code that the model writes, in a sandbox; "
            "agree with `confirm_run_unsafe_code: true`"
        )
    return None


def known_tasks(include_path: Path | None) -> dict[str, TaskDefinition]:
    """Find the tasks that a suite may use."""
    return {
        **find_definitions(tasks_path()),
        **(find_definitions(include_path) if include_path else {}),
    }


def read_suite(path: Path) -> Suite:
    """Read a suite file.

    Args:
        path: The file.

    Returns:
        The suite.

    Raises:
        UserError: If it cannot be read, or cannot work; all problems at once.
    """
    return read_yaml_config(path, Suite)
