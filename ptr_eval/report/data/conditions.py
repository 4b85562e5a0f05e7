"""Under which conditions a task was run: what a leaderboard checks before it compares."""

from collections.abc import Mapping
from typing import Any

from ptr_eval.report.data.comparable import Conditions
from ptr_eval.runs import ReportedTask

_PROMPT = ("num_fewshot", "doc_to_text", "doc_to_target", "description", "fewshot_delimiter")
_LIMITS = ("max_gen_toks", "max_new_tokens", "max_tokens", "temperature", "do_sample", "top_p",
           "until")  # fmt: skip
_CANDIDATES = ("candidates", "syntheses", "candidate_tokens", "order")


def conditions_of(file: ReportedTask, data: str) -> Conditions:
    """Read a task's conditions off its results file.

    The model's chat template belongs to the model; that one was used belongs to the prompt.
    """
    description, config, facts = file.description, file.saved.config, file.saved.facts
    settings = description.settings
    prompt = {name: config.get(name) for name in _PROMPT}
    prompt |= {
        "protocol": settings.get("protocol"),
        "instruction": description.instruction,
        "system_instruction": facts.get("system_instruction"),
        "chat template": "yes" if facts.get("chat_template") else "no",
        "keep_thinking": settings.get("keep_thinking"),
    }
    generation: Mapping[str, Any] = config.get("generation_kwargs") or {}
    limits = {name: generation[name] for name in _LIMITS if name in generation}
    limits |= {
        "items": file.saved.expected,
        "samples": config.get("repeats"),
        "context": settings.get("context"),
    }
    if settings.get("protocol") == "parallel":
        prompt |= {name: settings.get(name) for name in _CANDIDATES}
        prompt["synthesis"] = description.synthesis
    return Conditions(
        run=file.label.run,
        task=file.task,
        version=file.saved.version,
        data=data,
        prompt={name: str(value) for name, value in prompt.items()},
        limits={name: str(value) for name, value in limits.items()},
        scorer=_scorer(file),
    )


def _scorer(file: ReportedTask) -> str:
    """Name the scorer, with the settings that change its verdicts."""
    kind, settings = file.description.scorers[file.scorer], file.description.settings
    matters = {"similarity": ("embedder", "similarity_threshold"), "code": ("timeout",)}.get(
        kind, ()
    )
    further = [f"{name}={settings.get(name)}" for name in (*matters, "thinking_end")]
    if file.scorer != "upstream":  # Earlier versions had no setting, and kept nothing.
        further.append(f"kept={settings.get('kept', 'refuse')}")
    return ", ".join([f"{file.scorer} ({kind})", *further])
