"""What the commands that ask a judge have in common: flags, and the judge that they describe."""

import argparse
from typing import TYPE_CHECKING, Any

from ptr_eval.errors import UserError

if TYPE_CHECKING:
    from ptr_eval.harness.judging import JudgeSettings


def count(text: str) -> int:
    """Read a whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return int(text)


def add_judge_model(judge: Any, generation: str) -> None:
    """Add what a judge's model is, and how it generates unless told otherwise."""
    judge.add_argument(
        "--judge-args",
        metavar="KEY=VALUE,...",
        help="as lm-eval's --model_args: pretrained=... (default: none)",
    )
    judge.add_argument(
        "--gen-kwargs",
        metavar="KEY=VALUE,...",
        help=f"as lm-eval's --gen_kwargs: temperature=0.6 (default: {generation})",
    )


def judge_settings(options: argparse.Namespace, form_flag: str, **more: Any) -> "JudgeSettings":
    """Describe the judge; messages name the flag that chose its form."""
    from ptr_eval.harness.judging import JudgeSettings
    from ptr_eval.harness.lm_eval_format import read_arguments
    from ptr_eval.judge import resolve_form

    args = read_arguments("--judge-args", options.judge_args or "")
    generation = read_arguments("--gen-kwargs", options.gen_kwargs or "")
    try:
        form = resolve_form(options.judge_form or "plain")
    except UserError as error:
        raise UserError(f"{form_flag} {error}") from None
    return JudgeSettings(options.judge, args, generation, form=form, **more)
