"""`--limit` and `--samples` that choose nothing, or what is not there."""

from pathlib import Path
from typing import Any

import pytest

from ptr_eval.errors import UserError
from tests.scripted_lm import ScriptedLM, evaluate


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"limit": 0}, "--limit chooses no document of ptr_gsm8k; give a number from 1, or a"),
        ({"limit": -0.5}, "--limit chooses no document of ptr_gsm8k; give a number from 1, or a"),
        ({"samples": []}, "--samples: ptr_gsm8k is given an empty list; name its documents, or"),
        ({"samples": [0, 20, -1]}, "--samples: ptr_gsm8k has documents 0 to 19, not 20, -1."),
        ({"samples": [3, 1, 3]}, "--samples: ptr_gsm8k is given document 3 more than once."),
        ({"samples": [0.0, "a"]}, "--samples: ptr_gsm8k needs a list of whole numbers, such as "),
        ({"samples": "0,1"}, "--samples: ptr_gsm8k needs a list of whole numbers, such as [0, 3],"),
    ],
    ids=str,
)  # fmt: skip
def test_a_choice_that_lm_eval_would_misread_is_refused(
    sums: Path, options: dict[str, Any], said: str
) -> None:
    if "samples" in options:
        options = {"samples": {"ptr_gsm8k": options["samples"]}}
    lm = ScriptedLM()
    with pytest.raises(UserError) as caught:
        evaluate(lm, {"ptr_data": str(sums)}, **options)
    assert str(caught.value).startswith(said)
    assert lm.prompts == []
