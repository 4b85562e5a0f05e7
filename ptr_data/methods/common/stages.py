"""The stages that builds by any method have."""

from ptr_data.methods.common.config import DataConfig
from ptr_data.methods.common.questions import CleanFacts, UniqueFacts, clean_shard, unique
from ptr_data.pipeline.stage import Stage

CLEAN: Stage[DataConfig] = Stage(
    name="clean",
    title="Cleaning",
    does="keeps questions that a text model can answer and that hold no benchmark item (runs of 13 "
    "words; runs of 8 words or the whole text for short items)",
    facts=lambda config: CleanFacts(config.cleaning, config.duplicates, config.decontamination),
    run=clean_shard,
    inputs=("read",),
    yields=("clean", "decontamination"),
    drops="image, url, empty, broken characters, too short, too long, language, answer in "
    "question; benchmark text, with the item's name",
)

UNIQUE: Stage[DataConfig] = Stage(
    name="unique",
    title="Duplicates",
    does="compares each question with all before it (MinHash)",
    facts=lambda config: UniqueFacts(config.duplicates),
    run=unique,
    inputs=("clean",),
    scope="all",
    yields=("unique",),
    drops="exact or near duplicate, with the question that was kept",
    stops_when_empty=True,
)
