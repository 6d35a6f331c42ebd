from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy
from skweak.base import SpanAnnotator

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace, OneOf
from labelmill.core.protocols import Bench, LabelingFunction, Unit
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter, BadResource
from labelmill.functions.skweak import Skweak, SkweakVoter
from labelmill.io.modules import load_function
from labelmill.text.language import Language

ENTITIES = LabelSpace(("ORG", "PERSON", "MONEY")).including([OneOf(("ORG", "PERSON"))])
LABELS = LabelSpace(("ham", "spam"))
FILE = "labeling_functions/rules.py"

RULES = r'''
    """Rules as skweak's tutorial has them."""
    from skweak.base import CombinedAnnotator, SpanAnnotator, TextAnnotator
    from skweak.doclevel import DocumentHistoryAnnotator
    from skweak.gazetteers import GazetteerAnnotator, Trie
    from skweak.heuristics import (
        FunctionAnnotator,
        RegexAnnotator,
        SpanConstraintAnnotator,
        SpanEditorAnnotator,
        TokenConstraintAnnotator,
        VicinityAnnotator,
    )

    money = RegexAnnotator("money", r"USD \d+", "MONEY")
    empty = RegexAnnotator("empty", r"\d*", "MONEY")
    ahead = RegexAnnotator("ahead", r"(?=rose)", "MONEY")

    def titled(doc):
        for token in doc:
            if token.is_title and not token.is_sent_start:
                yield token.i, token.i + 1, "ENT"

    title = FunctionAnnotator("title", titled)
    other_title = FunctionAnnotator("other_title", titled, to_exclude=["companies"])

    def out_of_bounds(doc):
        yield 0, len(doc) + 5, "ORG"

    broken = FunctionAnnotator("broken", out_of_bounds)
    caps = TokenConstraintAnnotator("caps", lambda token: token.is_upper, "ORG", min_characters=2)

    def companies(names=("Acme",), name="companies"):
        trie = Trie()
        for company in names:
            trie.add(company.split())
        return GazetteerAnnotator(name, {"ORG": trie}, additional_checks=False)

    class Digits(SpanAnnotator):
        def __init__(self, label):
            super().__init__("digits")
            self.label = label
        def find_spans(self, doc):
            for token in doc:
                if token.is_digit:
                    yield token.i, token.i + 1, self.label

    def nothing():
        return 3

    def failing(path):
        raise FileNotFoundError(f"no file {path}")

    both = CombinedAnnotator()
    near = VicinityAnnotator("near", {"said": "PERSON", "rose": "ORG"}, "companies")
    long = SpanConstraintAnnotator("long", "companies", lambda span: len(span) > 1)
    first = SpanEditorAnnotator("first", "companies", lambda span: span[:1])
    history = DocumentHistoryAnnotator("history", "companies", ["ORG", "ORG|PERSON"])

    class Shouting(TextAnnotator):
        def get_label(self, doc):
            return "spam" if doc.text.isupper() else None

    shouting = Shouting("shouting")
    layers = FunctionAnnotator("layers", lambda doc: [
        (span.start, span.end, "PERSON" if span.label_ == "ORG|PERSON" else span.label_)
        for span in doc.spans["companies"]])
'''
TEXTS = ("Acme rose to USD 20 and IBM to USD 7 .", "Anna Smith said so .", "")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "labeling_functions"
    folder.mkdir()
    (folder / "rules.py").write_text(dedent(RULES), encoding="utf-8")
    return tmp_path


def batch(*texts: str) -> Batch:
    return Batch(pa.array(range(len(texts))), pa.array(texts, pa.string()), {}, Language())


def bound(project: Path, name: str, unit: Unit = "span", **parameters: Any) -> SkweakVoter:
    labels = ENTITIES if unit == "span" else LABELS
    kind = Skweak(f"{FILE}:{name}", **parameters)
    return kind.bind(Bench(name, project, labels, unit))


def spans(hits: Hits, rows: Batch) -> list[tuple[int, str, int]]:
    assert hits.errors == []
    places = zip(hits.doc, hits.start, hits.end, hits.label, strict=True)
    return [(doc, rows.strings[doc][start:end], label) for doc, start, end, label in places]


def layer(*rows: tuple[int, int, int, int]) -> Mapping[str, Votes]:
    """Votes of a function named `companies`, from (doc, start, end, label)."""
    return {"companies": Votes.of(0, [(*row, None) for row in rows])}


def test_it_is_a_labeling_function() -> None:
    assert isinstance(Skweak(f"{FILE}:money"), LabelingFunction)


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("money", {}, [(0, "USD 20", 2), (0, "USD 7", 2)]),
        ("caps", {}, [(0, "USD", 0), (0, "IBM", 0), (0, "USD", 0)]),
        ("companies", {}, [(0, "Acme", 0)]),
        (
            "companies",
            {"params": {"names": ["Acme", "IBM to"]}},
            [(0, "Acme", 0), (0, "IBM to", 0)],
        ),
        ("Digits", {"params": {"label": "MONEY"}}, [(0, "20", 2), (0, "7", 2)]),
        ("title", {"labels": {"ENT": "PERSON"}}, [(1, "Smith", 1)]),
        ("title", {"ignore": ("ENT",)}, []),
    ],
)
def test_spans_of_an_annotator_are_hits(
    project: Path, name: str, parameters: dict[str, Any], expected: list[tuple[int, str, int]]
) -> None:
    rows = batch(*TEXTS)

    assert spans(bound(project, name, **parameters).vote(rows, {}), rows) == expected


@pytest.mark.parametrize("name", ["money", "caps"])
def test_hits_are_equal_to_what_skweak_writes_itself(project: Path, name: str) -> None:
    annotator: SpanAnnotator = load_function(project, f"{FILE}:{name}")
    nlp, rows = spacy.blank("en"), batch(*TEXTS)
    expected = [
        (i, span.text, ENTITIES.names.index(span.label_))
        for i, doc in enumerate(annotator.pipe(nlp(text) for text in TEXTS))
        for span in doc.spans[name]
    ]

    assert spans(bound(project, name).vote(rows, {}), rows) == expected
    assert expected


def test_the_docs_of_the_batch_stay_as_they_are(project: Path) -> None:
    rows = batch(*TEXTS)

    bound(project, "money").vote(rows, {})

    assert not any(doc.spans for doc in rows.docs())


def test_spans_of_other_functions_arrive_as_layers(project: Path) -> None:
    text = "So Acme Ltd rose and Acme fell ."
    rows, earlier = batch(text), layer((0, 3, 11, 0), (0, 21, 25, 0))

    kept = bound(project, "long", reads=("companies",)).vote(rows, earlier)
    cut = bound(project, "first", reads=("companies",)).vote(rows, earlier)
    again = bound(project, "history", reads=("companies",)).vote(rows, earlier)

    assert spans(kept, rows) == [(0, "Acme Ltd", 0)]
    assert spans(cut, rows) == [(0, "Acme", 0), (0, "Acme", 0)]
    assert spans(again, rows) == [(0, "Acme", 0)]


def test_a_set_of_labels_arrives_joined(project: Path) -> None:
    rows, earlier = batch("Acme and Anna"), layer((0, 0, 4, 3), (0, 9, 13, 2))

    hits = bound(project, "layers", reads=("companies",)).vote(rows, earlier)

    assert spans(hits, rows) == [(0, "Acme", 1), (0, "Anna", 2)]


def test_a_layer_without_votes_is_empty(project: Path) -> None:
    rows = batch("Acme", "")

    hits = bound(project, "layers", reads=("companies",)).vote(rows, {"companies": Votes.none()})

    assert spans(hits, rows) == []


def test_incompatible_sources_have_priority(project: Path) -> None:
    rows, earlier = batch("so Acme met Anna"), layer((0, 3, 7, 0))
    voter = bound(project, "other_title", labels={"ENT": "PERSON"}, reads=("companies",))

    assert spans(voter.vote(rows, earlier), rows) == [(0, "Anna", 1)]


def test_cue_words_are_looked_for_in_the_sentence(project: Path) -> None:
    text = "Acme rose . Then Anna said so ."
    rows, earlier = batch(text), layer((0, 0, 4, 0), (0, 17, 21, 0))

    voter = bound(project, "near", reads=("companies",), sentences=True)

    assert spans(voter.vote(rows, earlier), rows) == [(0, "Acme", 0), (0, "Anna", 1)]


def test_a_model_gives_what_annotators_look_at(project: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.to_disk(project / "sentences")
    rows, earlier = batch("Acme rose . Anna said so ."), layer((0, 12, 16, 0))

    voter = bound(project, "near", reads=("companies",), model="sentences")

    assert spans(voter.vote(rows, earlier), rows) == [(0, "Anna", 1)]


def test_in_a_document_task_spans_are_hits(project: Path) -> None:
    rows = batch("BUY NOW", "ok", "")

    texts = bound(project, "shouting", "document").vote(rows, {})
    digits = bound(project, "Digits", "document", params={"label": "spam"})

    assert spans(texts, rows) == [(0, "BUY NOW", 1)]
    assert spans(digits.vote(batch("1 a 2"), {}), batch("1 a 2")) == [(0, "1", 1), (0, "2", 1)]


def test_an_unknown_label_fails_its_row(project: Path) -> None:
    hits = bound(project, "title", labels={"X": "ORG"}).vote(batch("so Acme", "no"), {})

    (error,) = hits.errors
    assert (error.doc, error.reason, len(hits)) == (0, "unknown_label", 0)
    assert error.message.startswith("the annotator's label 'ENT' is no label of this task")
    assert error.message.endswith("map it under `labels` or `ignore` it")


def test_an_annotator_that_raises_fails_its_row(project: Path) -> None:
    hits = bound(project, "broken").vote(batch("Acme"), {})

    assert [(error.doc, error.reason) for error in hits.errors] == [(0, "IndexError")]


@pytest.mark.parametrize(
    ("name", "text", "place"), [("empty", "ab", 0), ("empty", "1a", 1), ("ahead", "it rose", 3)]
)
def test_a_pattern_on_which_skweak_never_ends_fails_its_row(
    project: Path, name: str, text: str, place: int
) -> None:
    hits = bound(project, name).vote(batch(text), {})

    assert [error.reason for error in hits.errors] == ["endless"]
    assert f"matches an empty string at character {place}" in hits.errors[0].message


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("money", {"params": {"a": 1}}, "params: the annotator is made already"),
        ("Digits", {}, "params: do not fit Digits: missing a required argument: 'label'"),
        ("companies", {"params": {"nams": []}}, "params: do not fit companies: .*'nams'"),
        ("near", {"sentences": True}, "reads: the annotator looks at the layer 'companies'"),
        ("other_title", {}, "reads: the annotator looks at the layer 'companies'"),
        ("near", {"reads": ("companies",)}, "sentences: a VicinityAnnotator looks at sentences"),
        ("title", {"labels": {"ENT": "PRSON"}}, "no label 'PRSON' in this task"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(
    project: Path, name: str, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadParameter, match=message):
        bound(project, name, **parameters)


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("nothing", {}, "gives int, not a skweak annotator"),
        ("both", {}, "combines several annotators; declare one labeling function for each"),
        (
            "failing",
            {"params": {"path": "x"}},
            r"FileNotFoundError: labeling_functions/rules.py:\d+: no file x",
        ),
        ("money", {"model": "models/none"}, "there is no spaCy model here"),
        ("money", {"model": "zz_none_sm"}, "no spaCy model of this name is installed"),
    ],
)
def test_what_gives_no_annotator_is_refused(
    project: Path, name: str, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadResource, match=message):
        bound(project, name, **parameters)


def test_a_label_is_mapped_or_ignored_but_not_both() -> None:
    with pytest.raises(BadParameter, match="'ENT' stands under `labels` as well"):
        Skweak(f"{FILE}:title", labels={"ENT": "ORG"}, ignore=("ENT",))


def test_needs_name_files_model_and_layers(project: Path) -> None:
    needs = Skweak(f"{FILE}:near", model="en_core_web_sm", reads=("companies",), files=("a.json",))

    found = needs.needs(project)

    assert found.files == (FILE, "a.json")
    assert (found.packages, found.reads) == (("en_core_web_sm",), ("companies",))


def test_annotators_are_made_anew_when_the_file_changes(project: Path) -> None:
    path, rows = project / FILE, batch("USD 20")
    before = bound(project, "money").vote(rows, {})
    changed = path.read_text(encoding="utf-8").replace('"MONEY"', '"ORG"')
    path.write_text(changed, encoding="utf-8")

    assert (before.label, bound(project, "money").vote(rows, {}).label) == ([2], [0])


FIRST_NAMES = """
    import json
    from pathlib import Path
    from skweak.gazetteers import GazetteerAnnotator, Trie

    def first_names(file):
        names = json.loads(Path(file).read_text(encoding="utf-8"))
        return GazetteerAnnotator("first_names", {"PERSON": Trie(map(str.split, names))})
"""


@pytest.mark.slow
def test_hits_on_wnut_are_equal_to_what_skweak_writes_itself(project: Path, corpora: Path) -> None:
    (project / FILE).write_text(dedent(FIRST_NAMES), encoding="utf-8")
    file = str(corpora / "gazetteers/first_names.json")
    texts = pq.read_table(corpora / "wnut17/dev.parquet")["text"].to_pylist()
    annotator = load_function(project, f"{FILE}:first_names")(file)
    nlp, rows = spacy.blank("en"), batch(*texts)
    expected = [
        (i, span.start_char, span.end_char)
        for i, doc in enumerate(annotator.pipe(nlp.pipe(texts)))
        for span in doc.spans["first_names"]
    ]

    voter = bound(project, "first_names", params={"file": file})
    hits = voter.vote(rows, {})

    assert list(zip(hits.doc, hits.start, hits.end, strict=True)) == expected
    assert len(expected) > 100
