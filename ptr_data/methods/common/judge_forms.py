"""The setting `judge_form` of whatever lets a model judge."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo

from ptr_eval.errors import UserError
from ptr_eval.judge import PAIR_FORMS, SINGLE_FORMS, resolve_form


def _found(choice: str, info: ValidationInfo, *, pairs: bool) -> str:
    folder = (info.context or {}).get("folder", Path())
    if choice not in {**PAIR_FORMS, **SINGLE_FORMS}:
        choice = str(folder / Path(choice).expanduser())
    try:
        resolve_form(choice, pairs=pairs)
    except UserError as error:
        raise ValueError(str(error).rstrip(".")) from None
    return choice


def _pairs(choice: str, info: ValidationInfo) -> str:
    return _found(choice, info, pairs=True)


def _single(choice: str, info: ValidationInfo) -> str:
    return _found(choice, info, pairs=False)


_Choice = Annotated[str, Field(min_length=1)]

PairFormName = Annotated[_Choice, AfterValidator(_pairs)]
"""A form that compares two answers: a shipped one's name, or a YAML file."""

SingleFormName = Annotated[_Choice, AfterValidator(_single)]
"""A form about one answer: a shipped one's name, or a YAML file."""
