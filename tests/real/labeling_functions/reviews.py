"""Labeling functions for film reviews."""

from typing import Any

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from labelmill import labeling_function

ANALYZER = SentimentIntensityAnalyzer()


@labeling_function(needs="text")
def clause_after_but(row: Any, *, least: float = 0.3) -> str | None:
    """Take the mood of what stands after the last "but", which decides a sentence."""
    _, but, clause = row.text.rpartition(" but ")
    score = ANALYZER.polarity_scores(clause)["compound"] if but else 0.0
    if abs(score) < least:
        return None
    return "positive" if score > 0 else "negative"
