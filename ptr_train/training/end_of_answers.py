"""Makes a trained model stop where its answers end.

A base model that is trained with a chat template ends its answers with the template's end of turn,
which is not the end-of-text token that its generation configuration names; generation would go on
to the token limit.
"""

from typing import Any

from ptr_train.encoding.rendering import open_renderer
from ptr_train.encoding.settings import EncodingSettings


def stop_at_end_of_answers(model: Any, tokenizer: Any, settings: EncodingSettings) -> None:
    """Add the token that ends trained answers to those at which generation stops."""
    whole = model.get_base_model() if hasattr(model, "get_base_model") else model
    configuration = getattr(whole, "generation_config", None)
    if configuration is None:
        return
    token = tokenizer.convert_tokens_to_ids(open_renderer(tokenizer, settings).stop.strip())
    known = configuration.eos_token_id
    stops = known if isinstance(known, list) else [known] if known is not None else []
    if token not in stops:
        configuration.eos_token_id = [token, *stops]
