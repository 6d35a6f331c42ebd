"""What of nlpaug 1.1.11 can be used, with which parameters; known without importing nlpaug."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from labelmill.errors import BadParameter, nearest

_CHAR = (
    "aug_char_min",
    "aug_char_max",
    "aug_char_p",
    "aug_word_min",
    "aug_word_max",
    "aug_word_p",
    "min_char",
    "stopwords",
    "stopwords_regex",
)
_WORD = ("aug_min", "aug_max", "aug_p", "stopwords", "stopwords_regex")
_KINDS = ("include_upper_case", "include_numeric")

AVAILABLE: Mapping[str, frozenset[str]] = {
    "char.KeyboardAug": frozenset({*_CHAR, *_KINDS, "include_special_char", "lang", "model_path"}),
    "char.OcrAug": frozenset({*_CHAR, "dict_of_path"}),
    "char.RandomCharAug": frozenset(
        {*_CHAR, *_KINDS, "include_lower_case", "action", "swap_mode", "spec_char", "candidates"}
    ),
    "word.AntonymAug": frozenset({*_WORD, "lang"}),
    "word.RandomWordAug": frozenset({*_WORD, "action", "target_words"}),
    "word.ReservedAug": frozenset(
        {"aug_min", "aug_max", "aug_p", "reserved_tokens", "case_sensitive"}
    ),
    "word.SpellingAug": frozenset({*_WORD, "dict_path", "include_reverse"}),
    "word.SplitAug": frozenset({*_WORD, "min_char"}),
    "word.SynonymAug": frozenset({*_WORD, "aug_src", "model_path", "lang"}),
    "word.TfIdfAug": frozenset({*_WORD, "action", "model_path", "top_k"}),
}
"""The augmenters that work without a network, each with its parameters."""

REFUSED: Mapping[str, str] = {
    "word.BackTranslationAug": "downloads translation models",
    "word.ContextualWordEmbsAug": "downloads a language model",
    "word.WordEmbsAug": "needs word vectors of several gigabytes that it downloads",
    "sentence.AbstSummAug": "downloads a language model",
    "sentence.ContextualWordEmbsForSentenceAug": "downloads a language model",
    "sentence.LambadaAug": "needs a language model of its own",
    "sentence.RandomSentAug": "moves whole sentences, which no edit of words can say",
}
"""The augmenters that cannot be used, and why."""

_HANDLED: Mapping[str, str] = {
    "name": "the step has a name of its own",
    "tokenizer": "the job's own tokens are used",
    "reverse_tokenizer": "the text between the words is kept as it is",
    "device": "everything runs on the CPU",
    "verbose": "nothing is printed",
    "force_reload": "every step has its own model",
    "generate_all_combinations": "`copies` says how many copies are made",
}

KEYBOARDS = ("de", "en", "es", "fr", "he", "it", "nl", "pl", "th", "tr", "uk")

_CHOICES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("char.RandomCharAug", "action"): ("substitute", "insert", "swap", "delete"),
    ("char.RandomCharAug", "swap_mode"): ("adjacent", "middle", "random"),
    ("word.RandomWordAug", "action"): ("delete", "swap", "substitute", "crop"),
    ("word.TfIdfAug", "action"): ("substitute", "insert"),
    ("word.SynonymAug", "aug_src"): ("wordnet", "ppdb"),
    ("char.KeyboardAug", "lang"): KEYBOARDS,
}

_REQUIRED: Mapping[str, str] = {
    "word.ReservedAug": "reserved_tokens",
    "word.TfIdfAug": "model_path",
}

PATHS = ("dict_of_path", "dict_path", "model_path")
"""Parameters that name a file, or for TfIdfAug a folder, relative to the project root."""

TFIDF_FILES = ("tfidfaug_w2idf.txt", "tfidfaug_w2tfidf.txt")
"""What stands in the folder of a TfIdfAug."""


def check_augmenter(field: str, name: str) -> None:
    """Make sure that an augmenter exists and works without a network.

    Raises:
        BadParameter: if it does not; says why, and what there is.
    """
    if name in AVAILABLE:
        return
    known = ", ".join(AVAILABLE)
    if name in REFUSED:
        message = f"{name} {REFUSED[name]}; available are {known}"
    else:
        message = f"nlpaug has no augmenter '{name}'{nearest(name, AVAILABLE)}; available: {known}"
    raise BadParameter(field, message)


def check_params(field: str, augmenter: str, params: Mapping[str, Any]) -> None:
    """Make sure that an augmenter takes these parameters.

    Raises:
        BadParameter: names the first that is unknown, or whose value does not fit.
    """
    for name, message in _problems(augmenter, params):
        place = f"{field}.{name}" if name else field
        raise BadParameter(place, message)


def _problems(augmenter: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with the parameters: the name of one ("" for all of them), and a message."""
    for name, value in params.items():
        if name in _HANDLED:
            yield name, f"cannot be set: {_HANDLED[name]}"
        elif name not in AVAILABLE[augmenter]:
            hint = nearest(name, AVAILABLE[augmenter])
            yield name, f"{augmenter} has no parameter '{name}'{hint}"
        else:
            wanted = _misfit(augmenter, name, value)
            if wanted is not None:
                yield name, f"must be {wanted}, found {value!r:.60}"
    required = _REQUIRED.get(augmenter)
    if required is not None and required not in params:
        yield required, f"{augmenter} needs it"
    yield from _contradictions(augmenter, params)


def _contradictions(augmenter: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What nlpaug would accept and then fail on, row by row."""
    min_char = params.get("min_char", math.inf)
    if augmenter == "word.SplitAug" and min_char < 3:
        yield "min_char", "must be at least 3: shorter words cannot be split"
    if params.get("action") == "swap" and min_char < 2:
        yield "min_char", "must be at least 2 to swap characters"
    if params.get("aug_src") == "ppdb" and "model_path" not in params:
        yield "model_path", "aug_src: ppdb needs it"
    if not params.get("case_sensitive", True):
        for group in params["reserved_tokens"]:
            if len({" ".join(word.split()).lower() for word in group}) < 2:
                yield "reserved_tokens", f"nothing but case differs in {list(group)}"
    kinds = ("include_upper_case", "include_lower_case", "include_numeric", "spec_char")
    empty = all(not params.get(kind, True) for kind in kinds)
    if augmenter == "char.RandomCharAug" and empty and not params.get("candidates"):
        yield "", "leave at least one kind of characters to draw from"


def _misfit(augmenter: str, name: str, value: Any) -> str | None:
    """What was wanted instead of a value, or None if it fits."""
    choices = _CHOICES.get((augmenter, name))
    if choices is not None:
        return None if value in choices else f"one of {', '.join(choices)}"
    wanted, fits = _FITS[name]
    return None if fits(value) else wanted


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_positive(value: Any) -> bool:
    return _is_count(value) and value > 0


def _is_limit(value: Any) -> bool:
    return value is None or _is_positive(value)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_text_or_null(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_words(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) > 0 and all(map(_is_text, value))


def _is_pattern(value: Any) -> bool:
    if not _is_text(value):
        return False
    try:
        re.compile(value)
    except re.error:
        return False
    return True


def _is_groups(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) > 0 and all(map(_is_group, value))


def _is_group(value: Any) -> bool:
    return _is_words(value) and len({" ".join(word.split()) for word in value}) > 1


_SHARE = ("a number above 0 and at most 1 (nlpaug reads 0 and null as 0.3)", _is_share)
_COUNT = ("a whole number, 0 or more", _is_count)
_LIMIT = ("a whole number, 1 or more, or null for no limit", _is_limit)
_FLAG = ("true or false", _is_flag)
_TEXT = ("a text", _is_text)
_WORDS = ("a list of words", _is_words)

_FITS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("aug_p", "aug_char_p", "aug_word_p"), _SHARE),
    **dict.fromkeys(("aug_min", "aug_char_min", "aug_word_min", "min_char"), _COUNT),
    **dict.fromkeys(("aug_max", "aug_char_max", "aug_word_max"), _LIMIT),
    **dict.fromkeys((*_KINDS, "include_special_char", "include_lower_case"), _FLAG),
    **dict.fromkeys(("case_sensitive", "include_reverse"), _FLAG),
    **dict.fromkeys((*PATHS, "lang"), _TEXT),
    **dict.fromkeys(("stopwords", "candidates", "target_words"), _WORDS),
    "spec_char": ("a text, or null", _is_text_or_null),
    "stopwords_regex": ("a regular expression", _is_pattern),
    "reserved_tokens": (
        "a list of groups, each of two or more words that differ",
        _is_groups,
    ),
    "top_k": ("a whole number, 1 or more", _is_positive),
}
