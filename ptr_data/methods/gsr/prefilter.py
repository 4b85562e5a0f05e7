"""Which rows of a source are used: by a known answer, by columns' values, by pass rate."""

import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from ptr_data.records import Dropped, Question
from ptr_data.sources.columns import MISSING, value_at
from ptr_data.sources.rows import DataRow
from ptr_eval.config import Settings, Text

STAGE = "prefilter"
NO_REFERENCE, NO_RATE = "no reference answer", "no pass rate"

_Rate = Annotated[float, Field(ge=0, le=1)]


class PassRateSettings(Settings):
    """How hard a question must be for a known model."""

    column: Text = "pass_rate_72b_tir"
    """Where a row holds the share of that model's answers that are right, from 0 to 1."""
    least: _Rate = 0.25
    """The least share."""
    most: _Rate = 0.9
    """The largest share."""

    @model_validator(mode="after")
    def _ordered(self) -> "PassRateSettings":
        if self.least > self.most:
            raise ValueError("must have `least` up to `most`")
        return self


class PrefilterSettings(Settings):
    """Which rows are used."""

    where: Mapping[Text, str | int | float | bool] = Field(default_factory=dict)
    """Values that columns must have, such as `{problem_type: has_answer_extracted}`."""
    pass_rate: PassRateSettings | None = Field(default_factory=PassRateSettings)
    """How hard a question must be; null for any."""


def refused(
    question: Question, row: DataRow, settings: PrefilterSettings, *, reference: bool
) -> Dropped | None:
    """Decide whether a row is used."""
    for name, wanted in settings.where.items():
        value = value_at(row, name)
        if value is MISSING:
            raise row.wrong(
                f"has no column {name!r}, which `prefilter.where` names; correct the row or `where`"
            )
        if value != wanted:
            return Dropped(question, STAGE, f"{name} is not {wanted}", str(value)[:80])
    if reference and not question.reference.strip():
        return Dropped(question, STAGE, NO_REFERENCE)
    if settings.pass_rate is None:
        return None
    rate = _number(value_at(row, settings.pass_rate.column))
    if rate is None:
        return Dropped(question, STAGE, NO_RATE)
    if not settings.pass_rate.least <= rate <= settings.pass_rate.most:
        return Dropped(question, STAGE, "pass rate", f"{rate:g}")
    return None


def _number(value: Any) -> float | None:
    """Read a share, which published data write as text, with "n/a" where there is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
