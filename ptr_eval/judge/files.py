"""Finding a form by its name, or in a file of one's own."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from ptr_eval.config import Settings, Text, read_yaml_config
from ptr_eval.errors import UserError
from ptr_eval.judge.form import JudgeForm, Verdict, problems
from ptr_eval.judge.shipped import PAIR_FORMS, SINGLE_FORMS


def _text_keys(value: object) -> object:
    """Take numbers for texts: a verdict may be 1 or 2."""
    if not isinstance(value, dict):
        return value
    return {str(key) if isinstance(key, int) else key: meaning for key, meaning in value.items()}


class FormFile(Settings):
    """A judge's form, as a YAML file has it."""

    prompt: Text
    """What the user says, see `JudgeForm`."""
    verdict: Text
    """A regular expression for a verdict, with one group."""
    means: Annotated[dict[str, Verdict], BeforeValidator(_text_keys), Field(min_length=2)]
    """What each text of the group means."""
    system: str = ""
    """The system prompt."""


def resolve_form(choice: str, *, pairs: bool = True) -> JudgeForm:
    """Find a judge's form.

    Args:
        choice: The name of a shipped form, or a YAML file with the keys `prompt`, `verdict` and
            `means`, and `system` if there is a system prompt.
        pairs: Whether a form is wanted that compares two answers, and not one about one answer.

    Returns:
        The form.

    Raises:
        UserError: If there is no such form, or it is of the other kind, or its file is wrong.
    """
    known = PAIR_FORMS if pairs else SINGLE_FORMS
    form = known.get(choice) or _read(choice, known)
    if form.compares != pairs:
        kinds = ("compares two answers", "is about one answer")
        found, wanted = reversed(kinds) if pairs else kinds
        raise UserError(
            f"{choice} {found}; choose a form that {wanted}: {', '.join(known)}, or a file."
        )
    return form


def _read(choice: str, known: dict[str, JudgeForm]) -> JudgeForm:
    if choice in PAIR_FORMS:
        return PAIR_FORMS[choice]
    path = Path(choice)
    if not path.is_file():
        raise UserError(
            f"{choice}: no such form or file; choose one of {', '.join(known)}, or name a YAML "
            "file with `prompt`, `verdict` and `means`."
        )
    found = read_yaml_config(path, FormFile)
    form = JudgeForm(
        name=path.name,
        prompt=found.prompt.strip(),
        verdict=found.verdict,
        means={"".join(key.split()).casefold(): value for key, value in found.means.items()},
        system=found.system.strip(),
    )
    if wrong := problems(form):
        raise UserError.collect([f"{path}, {problem}." for problem in wrong])
    return form
