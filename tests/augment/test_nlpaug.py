"""What the nlpaug type promises beyond the contract of every augmenter."""

import inspect
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelmill.augment.nlpaug import Nlpaug, NlpaugRewriter, Step
from labelmill.augment.nlpaug_catalog import _HANDLED, AVAILABLE, KEYBOARDS, REFUSED
from labelmill.core.labels import LabelSpace
from labelmill.core.protocols import Bench
from labelmill.core.seeds import keyed_rng
from labelmill.core.spans import Example, Span
from labelmill.errors import BadParameter, BadResource
from labelmill.text.edits import apply, project
from labelmill.text.language import Language

Benches = Callable[..., Bench]
LANGUAGE = Language()
GOLDEN = Path(__file__).parent / "golden" / "nlpaug.json"
TEXT = (
    'Mail bob@acme.example\tfrom 192.168.1.1,\n\n"Acme Ltd"  hasn\'t  said (yet) whether prices '
    "rise because of the FWD deal.  Best\tRegards, Jane Doe\n"
)


def example_of(text: str, *surfaces: str) -> Example:
    tokens = tuple(LANGUAGE.tokens([text]).bounds(0))
    places = [(text.index(surface), surface) for surface in surfaces]
    spans = tuple(Span(start, start + len(surface), "ORG") for start, surface in places)
    return Example("1", text, spans=spans, tokens=tokens)


def rewritten(rewriter: NlpaugRewriter, example: Example, key: int = 0) -> str:
    return apply(example.text, rewriter.rewrite(example, keyed_rng(key)))


@pytest.mark.parametrize("case", json.loads(GOLDEN.read_text()), ids=lambda case: case["name"])
def test_golden_values(case: Mapping[str, Any], bench: Benches) -> None:
    rewriter = Nlpaug(case["augmenter"], case["params"]).bind(bench())

    example = example_of(TEXT, "Acme Ltd", "Jane Doe")
    edits = rewriter.rewrite(example, keyed_rng("golden"))
    text = apply(TEXT, edits)
    spans = [span and text[span.start : span.end] for span in project(example.spans, edits)]

    assert {"text": text, "spans": spans} == {"text": case["text"], "spans": case["spans"]}


def test_golden_values_cover_what_needs_no_data_of_nltk() -> None:
    seen = {case["augmenter"] for case in json.loads(GOLDEN.read_text())}

    assert seen == set(AVAILABLE) - {"word.SynonymAug", "word.AntonymAug"}


def test_the_catalog_is_that_of_the_installed_nlpaug() -> None:
    import nlpaug.augmenter.char  # noqa: PLC0415 (heavy)
    import nlpaug.augmenter.sentence  # noqa: PLC0415 (heavy)
    import nlpaug.augmenter.word  # noqa: PLC0415 (heavy)

    found = {
        f"{kind}.{name}": cls
        for kind in ("char", "word", "sentence")
        for name, cls in vars(getattr(nlpaug.augmenter, kind)).items()
        if inspect.isclass(cls) and name.endswith("Aug")
    }
    assert set(found) == {*AVAILABLE, *REFUSED}
    for name, params in AVAILABLE.items():
        signature = set(inspect.signature(found[name]).parameters)
        assert signature - set(_HANDLED) - params <= {"action"}, name
        assert params <= signature, name
    folder = Path(nlpaug.__file__).parent / "res" / "char" / "keyboard"
    assert sorted(file.stem for file in folder.glob("*.json")) == list(KEYBOARDS)


@pytest.mark.parametrize(
    ("augmenter", "params", "field", "message"),
    [
        ("char.KeybordAug", {}, "augmenter", "did you mean 'char.KeyboardAug'"),
        ("KeyboardAug", {}, "augmenter", "did you mean 'char.KeyboardAug'"),
        ("word.ContextualWordEmbsAug", {}, "augmenter", "downloads a language model; available"),
        ("word.WordEmbsAug", {}, "augmenter", "word vectors"),
        ("char.KeyboardAug", {"aug_chr_p": 0.1}, "params.aug_chr_p", "did you mean 'aug_char_p'"),
        ("char.KeyboardAug", {"tokenizer": "x"}, "params.tokenizer", "the job's own tokens"),
        ("word.RandomWordAug", {"aug_p": 0}, "params.aug_p", "nlpaug reads 0 and null as 0.3"),
        ("word.RandomWordAug", {"aug_p": None}, "params.aug_p", "above 0"),
        ("word.RandomWordAug", {"aug_p": True}, "params.aug_p", "found True"),
        ("word.RandomWordAug", {"aug_max": 0}, "params.aug_max", "null for no limit"),
        ("word.RandomWordAug", {"aug_min": -1}, "params.aug_min", "0 or more"),
        ("word.RandomWordAug", {"action": "insert"}, "params.action", "one of delete, swap"),
        ("word.RandomWordAug", {"stopwords": "the"}, "params.stopwords", "a list of words"),
        ("word.RandomWordAug", {"stopwords_regex": "("}, "params.stopwords_regex", "expression"),
        ("char.KeyboardAug", {"lang": "ru"}, "params.lang", "one of de, en"),
        ("char.KeyboardAug", {"include_numeric": 1}, "params.include_numeric", "true or false"),
        ("char.RandomCharAug", {"swap_mode": "x"}, "params.swap_mode", "adjacent"),
        ("char.RandomCharAug", {"action": "swap", "min_char": 1}, "params.min_char", "at least 2"),
        (
            "char.RandomCharAug",
            {"include_upper_case": False, "include_lower_case": False, "include_numeric": False,
             "spec_char": None},
            "params",
            "at least one kind",
        ),
        ("word.SplitAug", {"min_char": 2}, "params.min_char", "at least 3"),
        ("word.ReservedAug", {}, "params.reserved_tokens", "needs it"),
        ("word.ReservedAug", {"reserved_tokens": [["a"]]}, "params.reserved_tokens", "two or more"),
        (
            "word.ReservedAug",
            {"reserved_tokens": [["FW", "fw"]], "case_sensitive": False},
            "params.reserved_tokens",
            "nothing but case differs",
        ),
        (
            "word.ReservedAug",
            {"reserved_tokens": [["a", "b"]], "generate_all_combinations": True},
            "params.generate_all_combinations",
            "copies",
        ),
        ("word.TfIdfAug", {}, "params.model_path", "needs it"),
        ("word.TfIdfAug", {"model_path": "x", "top_k": None}, "params.top_k", "1 or more"),
        ("word.SynonymAug", {"aug_src": "ppdb"}, "params.model_path", "needs it"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_with_its_place(
    augmenter: str, params: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(BadParameter) as caught:
        Nlpaug(augmenter, params)

    assert caught.value.field == field
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({}, "augmenter"),
        ({"augmenter": "char.OcrAug", "flow": "sequential"}, "augmenter"),
        ({"augmenter": "char.OcrAug", "augmenters": (Step("char.OcrAug"),)}, "augmenters"),
        ({"flow": "sequential"}, "augmenters"),
        ({"flow": "sequential", "augmenters": (Step("x"),)}, "augmenters.0.augmenter"),
        (
            {"flow": "sometimes", "augmenters": (Step("char.OcrAug", {"aug_p": 1}),)},
            "augmenters.0.params.aug_p",
        ),
        (
            {"flow": "sequential", "augmenters": (Step("char.OcrAug"),), "params": {"x": 1}},
            "params",
        ),
        ({"flow": "sometimes", "augmenters": (Step("char.OcrAug"),), "aug_p": 0.0}, "aug_p"),
    ],
)
def test_augmenter_and_flow_exclude_each_other(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(BadParameter) as caught:
        Nlpaug(**arguments)

    assert caught.value.field == field


def test_params_that_nlpaug_itself_refuses_are_an_error_with_place(bench: Benches) -> None:
    flow = Nlpaug(
        flow="sequential",
        augmenters=(Step("word.ReservedAug", {"reserved_tokens": [["a( b", "b"]]}),),
    )

    with pytest.raises(BadParameter, match=r"augmenters\.0\.params: nlpaug cannot build"):
        flow.bind(bench())


def test_a_missing_file_is_an_error(bench: Benches) -> None:
    with pytest.raises(BadResource, match=r"nothing\.txt"):
        Nlpaug("word.SpellingAug", {"dict_path": "nothing.txt"}).bind(bench())
    with pytest.raises(BadResource, match=r"tfidfaug_w2idf\.txt"):
        Nlpaug("word.TfIdfAug", {"model_path": "augmenters"}).bind(bench())


def test_a_damaged_file_is_an_error(project: Path, bench: Benches) -> None:
    folder = project / "damaged"
    folder.mkdir(exist_ok=True)
    for name in ("tfidfaug_w2idf.txt", "tfidfaug_w2tfidf.txt"):
        (folder / name).write_text("no number\n")

    with pytest.raises(BadParameter, match="nlpaug cannot build"):
        Nlpaug("word.TfIdfAug", {"model_path": "damaged"}).bind(bench())


@pytest.mark.parametrize("augmenter", ["word.SynonymAug", "word.AntonymAug"])
def test_without_data_of_nltk_nothing_is_downloaded(
    augmenter: str, bench: Benches, no_nltk_data: Path
) -> None:
    with pytest.raises(BadResource, match="is not installed"):
        Nlpaug(augmenter).bind(bench())

    assert list(no_nltk_data.iterdir()) == []


def test_synonyms_and_antonyms_of_wordnet(bench: Benches, nltk_data: Path) -> None:
    example = example_of("The film,  so hot")
    synonym = Nlpaug("word.SynonymAug", {"aug_p": 1.0}).bind(bench())
    antonym = Nlpaug("word.AntonymAug", {"aug_p": 1.0}).bind(bench())

    found = {rewritten(synonym, example, key) for key in range(20)}
    assert found == {f"The {word},  so hot" for word in ("movie", "moving picture", "haze")}
    assert rewritten(antonym, example) == "The film,  so cold"


def test_files_that_params_name_are_needed(project: Path) -> None:
    tfidf = Nlpaug("word.TfIdfAug", {"model_path": "tfidf"})
    flow = Nlpaug(
        flow="sequential",
        augmenters=(Step("word.SpellingAug", {"dict_path": "spelling.txt"}), Step("char.OcrAug")),
    )

    assert tfidf.needs(project).files == (
        "tfidf/tfidfaug_w2idf.txt",
        "tfidf/tfidfaug_w2tfidf.txt",
    )
    assert flow.needs(project).files == ("spelling.txt",)
    assert all((project / file).is_file() for file in tfidf.needs(project).files)


def test_each_spelling_augmenter_has_its_own_list(bench: Benches) -> None:
    example = example_of("film because")
    params = {"aug_p": 1.0}

    for _ in range(2):
        default = Nlpaug("word.SpellingAug", params).bind(bench())
        own = Nlpaug("word.SpellingAug", {**params, "dict_path": "spelling.txt"}).bind(bench())

        assert rewritten(own, example) in ("flim because", "filn because")
        assert not rewritten(default, example).endswith("because")


@pytest.mark.slow
def test_spelling_does_not_hang_on_the_hash_seed(project: Path) -> None:
    program = (
        "from pathlib import Path; import sys\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from tests.augment.test_nlpaug import spelled\n"
        "print(spelled(Path(sys.argv[2])))"
    )
    root = Path(__file__).parents[2]
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program, str(root), str(project)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    ]

    assert outputs[0] == outputs[1]
    assert "Mail" in outputs[0]


def spelled(root: Path) -> list[str]:
    bench = Bench("step", root, LabelSpace(("ORG", "PERSON")), "span")
    rewriter = Nlpaug("word.SpellingAug", {"aug_p": 1.0}).bind(bench)
    return [rewritten(rewriter, example_of(TEXT), key) for key in range(20)]


def test_a_reserved_phrase_is_found_across_white_space_and_keeps_its_case_rule(
    bench: Benches,
) -> None:
    tokens = [["Best Regards", "Sincerely"], ["e-mail", "mail"]]
    params = {"reserved_tokens": tokens, "aug_p": 1.0}
    exact = Nlpaug("word.ReservedAug", params).bind(bench())
    any_case = Nlpaug("word.ReservedAug", {**params, "case_sensitive": False}).bind(bench())

    assert rewritten(exact, example_of("The e-mail: Best\tRegards!")) == "The mail: Sincerely!"
    assert rewritten(exact, example_of("BEST regards")) == "BEST regards"
    assert rewritten(any_case, example_of("so, BEST regards")) == "so, Sincerely"


@settings(max_examples=40)
@given(
    words=st.lists(st.sampled_from(["Acme", "Ltd", "rose", "The", "i", ",", "n't"]), max_size=9),
    first=st.integers(0, 8),
    length=st.integers(1, 3),
    key=st.integers(0, 5),
)
def test_a_swap_never_puts_other_words_under_a_label(
    words: list[str], first: int, length: int, key: int
) -> None:
    bench = Bench("step", Path(), LabelSpace(("ORG",)), "span")
    rewriter = Nlpaug("word.RandomWordAug", {"action": "swap", "aug_p": 0.9}).bind(bench)
    text = " ".join(words)
    starts = [len(" ".join([*words[:i], ""])) for i in range(len(words))]
    tokens = tuple((s, s + len(w)) for s, w in zip(starts, words, strict=True))
    covered = tokens[first : first + length]
    spans = (Span(covered[0][0], covered[-1][1], "ORG"),) if covered else ()

    edits = rewriter.rewrite(Example("1", text, spans=spans, tokens=tokens), keyed_rng(key))

    after = apply(text, edits)
    assert sorted(after.lower().split()) == sorted(text.lower().split())
    for span, carried in zip(spans, project(spans, edits), strict=True):
        if carried is not None:
            held = after[carried.start : carried.end].lower().split()
            assert sorted(held) == sorted(text[span.start : span.end].lower().split())


def test_an_entity_inside_a_token_stays_on_its_characters(bench: Benches) -> None:
    text = "pre-Acme-Holding"
    example = Example("1", text, spans=(Span(4, 8, "ORG"),), tokens=((0, 16),))
    rewriter = Nlpaug("word.RandomWordAug", {"action": "substitute", "target_words": [
        "post-Acme-Holding",
    ]}).bind(bench())  # fmt: skip

    edits = rewriter.rewrite(example, keyed_rng(1))

    (carried,) = project(example.spans, edits)
    assert carried is not None
    assert apply(text, edits)[carried.start : carried.end] == "Acme"


def test_a_crop_takes_neighbours_out_of_any_text(bench: Benches) -> None:
    rewriter = Nlpaug("word.RandomWordAug", {"action": "crop", "aug_p": 0.3}).bind(bench())
    words = ["one", "two", "three", "four", "five", "six"]

    found = {rewritten(rewriter, example_of(" ".join(words)), key) for key in range(40)}

    # nlpaug puts the word after a cropped first word back, to give it a capital.
    pairs = {" ".join(words[:i] + words[i + 2 :]) for i in range(1, 5)}
    assert found - {"two three four five six"} == pairs


def test_sometimes_applies_each_augmenter_with_its_chance(bench: Benches) -> None:
    steps = (
        Step("word.RandomWordAug", {"action": "substitute", "target_words": ["X"], "aug_p": 1.0}),
        Step("word.ReservedAug", {"reserved_tokens": [["X", "Y"]], "aug_p": 1.0}),
    )
    rewriter = Nlpaug(flow="sometimes", augmenters=steps, aug_p=0.5).bind(bench())

    found = [rewritten(rewriter, example_of("a  b"), key) for key in range(100)]

    assert {text: found.count(text) > 10 for text in found} == dict.fromkeys(
        ("a  b", "X  X", "Y  Y"), True
    )
    assert found.count("a  b") > found.count("X  X")


def test_a_flow_in_sequence_gives_edits_of_the_first_text(bench: Benches) -> None:
    steps = (
        Step("word.RandomWordAug", {"action": "substitute", "target_words": ["new word"]}),
        Step("word.ReservedAug", {"reserved_tokens": [["new", "old"]], "aug_p": 1.0}),
    )
    rewriter = Nlpaug(flow="sequential", augmenters=steps).bind(bench())

    assert rewritten(rewriter, example_of("film\n\n!")) == "old word\n\n!"


def test_stopwords_are_left_alone(bench: Benches) -> None:
    params = {"action": "delete", "aug_p": 1.0, "stopwords": ["keep"], "stopwords_regex": "^also"}
    rewriter = Nlpaug("word.RandomWordAug", params).bind(bench())

    assert rewritten(rewriter, example_of("please keep it also here")) == "keep also"


@pytest.mark.parametrize(
    ("augmenter", "limit"), [("char.KeyboardAug", "aug_word_max"), ("word.SplitAug", "aug_max")]
)
def test_a_huge_text_takes_time_in_proportion(augmenter: str, limit: str, bench: Benches) -> None:
    text = "some words of a text " * 12_000
    tokens = tuple(LANGUAGE.tokens([text]).bounds(0))
    example = Example("1", text, tokens=tokens)

    limited = Nlpaug(augmenter).bind(bench()).rewrite(example, keyed_rng(1))
    began = time.perf_counter()
    free = Nlpaug(augmenter, {limit: None}).bind(bench()).rewrite(example, keyed_rng(1))

    assert time.perf_counter() - began < 20
    assert 0 < len(limited) <= 10
    assert limited[-1].end - limited[0].start < 5_000 * 8  # characters in a stretch
    assert len(free) > 5_000
