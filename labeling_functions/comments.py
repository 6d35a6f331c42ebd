"""Labeling functions for comments under videos."""

from typing import Any

from labelmill import labeling_function, measure

CALLS = r"\b(?:come and watch|ask me how|click the link|like this comment|shoutout)\b"


@labeling_function(
    should={"spam": ["CHECK OUT MY NEW CHANNEL"]},
    should_not=["nice song", "OMG", "LOUDEST chorus ever"],
)
def shouting(row: Any, *, ratio: float = 0.7, min_letters: int = 12) -> str | None:
    """Mostly capital letters, in a text that is long enough to tell.

    A row function: it gets one row and answers with a label, or None to abstain.
    """
    if measure.n_letters(row.text) < min_letters:
        return None
    return "spam" if measure.upper_ratio(row.text) > ratio else None


@labeling_function(
    batch="pandas",
    should=["click the link on my profile"],
    should_not=["this takes me back"],
)
def call_to_action(batch: Any) -> Any:
    """Ask the reader to do something.

    A batch function: it gets many rows at once as a pandas DataFrame and answers with True where
    it votes. The config says the label. Use this form where pandas or a model is fast on many rows.
    """
    return batch["text"].str.contains(CALLS, case=False, regex=True)
