"""Short forms that carry the label of their long form through a text."""

from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc

from labelmill.core.tokens import Tokens
from labelmill.core.votes import Votes
from labelmill.refine.abbreviations import definitions, occurrences
from labelmill.refine.reading import Floats, Ints, Reading
from labelmill.refine.runs import Tags

Places = dict[int, int]
Found = tuple[int, int, int, int, float]  # text, first token, token after the last, label, prob


def spelled_out(reading: Reading, tags: Tags) -> tuple[Floats, Votes]:
    """Give the short forms that a text introduces the label of their long form.

    A long form counts where each of its tokens has the label; a short form gets it, as probable
    as it is there, wherever it is a word of its own whose tokens are all "O". Of two long forms
    of one short form the first counts.

    Returns:
        Probabilities of tags, [n_tokens, n_tags], and the spans that were added, as votes.
    """
    probs, votes = reading.probs, []
    tokens = reading.batch.tokens
    label = tags.label[probs.argmax(axis=1)] if len(probs) else np.zeros(0, dtype=np.int64)
    found = list(_short_forms(reading, tags, label))
    if found:
        probs = probs.copy()
    for text, first, last, of_label, prob in found:
        begin, inside = tags.tags_of(of_label)
        probs[first:last] = 0.0
        probs[first:last, 0] = 1.0 - prob
        probs[first + 1 : last, inside] = prob
        probs[first, begin] = prob
        start, end = int(tokens.start[first]), int(tokens.end[last - 1])
        votes.append((text, start, end, of_label, None))
    return probs, Votes.of(0, votes)


def _short_forms(reading: Reading, tags: Tags, label: Ints) -> Iterator[Found]:
    """The short forms of all texts that get a label."""
    bracketed = pc.match_substring_regex(reading.batch.texts, r"[(\[]")
    labeled = np.zeros(len(reading.batch), dtype=np.bool_)
    labeled[reading.batch.tokens.rows[label >= 0]] = True
    likely = labeled & bracketed.to_numpy(zero_copy_only=False)
    for text in np.flatnonzero(likely).tolist():
        yield from _of_text(reading, tags, label, text)


def _of_text(reading: Reading, tags: Tags, label: Ints, text: int) -> Iterator[Found]:
    written, tokens = reading.batch.strings[text], reading.batch.tokens
    begins, ends = _places(tokens, text)
    done: set[str] = set()
    for one in definitions(written):
        first, last = begins.get(one.start), ends.get(one.end)
        if one.short in done or first is None or last is None:
            continue
        of_label = int(label[first])
        if of_label < 0 or (label[first:last] != of_label).any():
            continue
        done.add(one.short)
        prob = float(reading.probs[first:last][:, tags.label == of_label].sum(axis=1).min())
        for start, end in occurrences(written, one.short):
            place = begins.get(start), ends.get(end)
            if None not in place and (label[slice(*place)] < 0).all():
                yield text, *place, of_label, prob  # type: ignore[misc]


def _places(tokens: Tokens, text: int) -> tuple[Places, Places]:
    """The token that begins at each place of a text, and the one after that which ends there."""
    base = int(tokens.starts[text])
    bounds = tokens.bounds(text)
    begins = {start: base + i for i, (start, _) in enumerate(bounds)}
    return begins, {end: base + i + 1 for i, (_, end) in enumerate(bounds)}
