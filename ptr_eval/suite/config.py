"""The suite file: models, instructions and tasks.

What is wrong in it is said before anything runs. Paths are relative to its own folder.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    JsonValue,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ptr_eval.catalog import tasks_path
from ptr_eval.config import Settings, Text, read_yaml_config
from ptr_eval.errors import UserError
from ptr_eval.instructions import INSTRUCTIONS, resolve_instruction
from ptr_eval.suite.definitions import Definition, definitions, reachable
from ptr_eval.suite.field_types import (
    AnyPath,
    File,
    Folder,
    FolderName,
    Word,
    Words,
    different_folders,
    located,
)
from ptr_eval.suite.options import Options

LOCATED = ("pretrained", "tokenizer", "peft", "delta")
"""The model arguments that may be local paths."""


class Model(Options):
    """A model to evaluate, with settings of its own."""

    backend: Word = "hf"
    """What `--model` takes."""
    args: dict[str, JsonValue] = Field(default_factory=dict)
    """What `--model_args` takes; local paths are absolute."""
    method: Text | None = None
    """How it was trained or prompted, such as `Prompt`, `IFT` or `PTR`; its name by default."""
    step: Annotated[int, Field(ge=0)] | None = None
    """Its training step, where it is one of a series."""

    @model_validator(mode="before")
    @classmethod
    def _path_alone(cls, value: Any) -> Any:
        return {"args": {"pretrained": value}} if isinstance(value, str) else value

    @field_validator("args")
    @classmethod
    def _local_paths(cls, args: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        return {
            key: located(key, value, info) if key in LOCATED and value is not None else value
            for key, value in args.items()
        }


class Instruction(Settings):
    """What is said between rounds: one of ours by its name, or a text of the user's."""

    name: FolderName
    """Its name in reports, and its folder's."""
    text: Text | None = None
    """The text."""
    file: File | None = None
    """A file with the text."""

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, value: Any) -> Any:
        # YAML's null is the name of an instruction here.
        return {"name": value or "null"} if isinstance(value, str | None) else value

    @model_validator(mode="after")
    def _has_a_text(self) -> "Instruction":
        if self.text and self.file:
            raise ValueError("must have a `text` or a `file`, not both")
        if not self.text and not self.file and self.name not in INSTRUCTIONS:
            raise ValueError(
                f"must be one of {', '.join(INSTRUCTIONS)}, or have a `name` and a `text` or `file`"
            )
        try:
            resolve_instruction(self.choice)
        except UnicodeDecodeError:
            raise ValueError(f"must be UTF-8 text, which {self.file} is not") from None
        except UserError as error:
            raise ValueError(f"must be a sentence ({str(error).removesuffix('.')})") from None
        return self

    @property
    def choice(self) -> str:
        """What `ptr_instruction` takes."""
        return str(self.file) if self.file else self.text or self.name


class Entry(Options):
    """A task, or several in one process with the same settings; with settings of its own."""

    tasks: Words | None = None
    """The tasks; the one of the entry's own name by default."""

    @model_validator(mode="before")
    @classmethod
    def _nothing_to_set(cls, value: Any) -> Any:
        return {} if value is None else value

    def asked(self, name: str) -> list[str]:
        """List the tasks."""
        return self.tasks or [name]


class ReportFiles(Settings):
    """Where the report goes."""

    out: AnyPath | None = None
    """The folder to write it to; `report` in the folder of all results by default."""
    config: File | None = None
    """The report's own configuration."""


class Suite(Settings):
    """A suite file."""

    out: AnyPath = Field(Path("results"), validate_default=True)
    """The folder of all results."""
    include_path: Folder | None = None
    """A folder with tasks of the user's."""
    confirm_run_unsafe_code: bool = False
    """Agrees that code which a model wrote is run, in a sandbox."""
    defaults: Options = Field(default_factory=Options)
    """The settings of all runs."""
    models: dict[FolderName, Model]
    """The models by name."""
    instructions: list[Instruction] = Field(default_factory=lambda: [Instruction(name="neutral")])
    """The instructions."""
    tasks: dict[FolderName, Entry]
    """The tasks by name."""
    report: Annotated[
        ReportFiles | None, BeforeValidator(lambda value: None if value is False else value)
    ] = Field(default_factory=ReportFiles)
    """The report to write at the end; None for none."""

    @field_validator("models")
    @classmethod
    def _different_models(cls, models: dict[str, Model]) -> dict[str, Model]:
        different_folders(list(models))
        return models

    @field_validator("instructions")
    @classmethod
    def _different_instructions(cls, instructions: list[Instruction]) -> list[Instruction]:
        different_folders([instruction.name for instruction in instructions])
        return instructions

    @field_validator("tasks")
    @classmethod
    def _tasks_that_can_run(cls, tasks: dict[str, Entry], info: ValidationInfo) -> dict[str, Entry]:
        different_folders(list(tasks))
        if {"include_path", "confirm_run_unsafe_code"} <= info.data.keys():
            known = known_tasks(info.data["include_path"])
            agreed = info.data["confirm_run_unsafe_code"]
            problems = [_problem(name, entry, known, agreed) for name, entry in tasks.items()]
            if any(problems):
                raise ValueError(f"must all be able to run ({'; '.join(filter(None, problems))})")
        return tasks


def _problem(name: str, entry: Entry, known: dict[str, Definition], agreed: bool) -> str | None:
    tasks = entry.asked(name)
    if unknown := [task for task in tasks if task not in known]:
        return (
            f"{', '.join(unknown)}: unknown task, known are {', '.join(sorted(known))}; "
            "name the folder of your own in `include_path`"
        )
    if len({known[task].folder for task in tasks}) > 1:
        return f"{name}: its tasks are partly ours and partly yours, give each kind its own entry"
    if not agreed and any(definition.unsafe for definition in reachable(tasks, known)):
        return (
            f"{name} runs code that the model writes, in a sandbox: "
            "agree with `confirm_run_unsafe_code: true`"
        )
    return None


def known_tasks(include_path: Path | None) -> dict[str, Definition]:
    """Find the tasks a suite may name."""
    return {**definitions(tasks_path()), **(definitions(include_path) if include_path else {})}


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
