import math
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from snorkel.labeling import LabelingFunction, PandasLFApplier
from snorkel.labeling.lf.nlp import NLPLabelingFunction

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace
from labelmill.core.protocols import Bench
from labelmill.core.votes import Hits
from labelmill.errors import BadParameter, BadResource
from labelmill.functions.snorkel import DataPoint, Form, Snorkel, SnorkelVoter, data_points
from labelmill.io.modules import load_function

LABELS = LabelSpace(("ham", "spam"))
FILE = "labeling_functions/legacy.py"

LEGACY = '''
    """Rules as snorkel's tutorial has them."""
    import re
    from labeling_functions.words import GREETINGS
    from snorkel.labeling import LabelingFunction, labeling_function
    from snorkel.preprocess import preprocessor
    from snorkel.preprocess.core import Preprocessor

    ABSTAIN, HAM, SPAM = -1, 0, 1

    @labeling_function()
    def check_out(x):
        return SPAM if "check out" in x.text.lower() else ABSTAIN

    @labeling_function(name="stars", resources={"least": 4})
    def many_stars(x, least):
        return HAM if x.stars >= least else ABSTAIN

    def contains(x, words):
        return HAM if any(word in x["text"].lower() for word in words) else ABSTAIN

    greeting = LabelingFunction("greeting", contains, resources={"words": GREETINGS})

    @preprocessor(memoize=True)
    def squeezed(x):
        x.text = re.sub(r"(.)\\1+", r"\\1", x.text)
        return x

    @preprocessor(pre=[squeezed])
    def shouted(x):
        x.loud = x.text.upper()
        return x

    @labeling_function(pre=[shouted])
    def free(x):
        return SPAM if "FRE" in x.loud else ABSTAIN

    class Length(Preprocessor):
        def __init__(self):
            super().__init__("length", {"text": "text"}, {"size": "n"}, memoize=True)
        def run(self, text):
            return {"size": len(text)}

    short = LabelingFunction("short", lambda x: HAM if x.n < 9 else ABSTAIN, pre=[Length()])

    @labeling_function()
    def author(x):
        return SPAM if x.get("author") == "bot" and "author" in x else ABSTAIN
'''
RULES = ("check_out", "many_stars", "greeting", "free", "short", "author")
TEXTS = ["Check out this!", "hello", "FREEEE money", "a longer comment", "Héllo 😀 friend", ""]
COLUMNS: dict[str, Any] = {
    "stars": [1, 5, None, 4, None, 2],
    "author": ["bot", None, "eve", "bob", "bot", ""],
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "labeling_functions"
    folder.mkdir()
    (folder / "words.py").write_text("GREETINGS = ['hello', 'hi ']", encoding="utf-8")
    (folder / "legacy.py").write_text(dedent(LEGACY), encoding="utf-8")
    return tmp_path


@pytest.fixture
def write(project: Path) -> Callable[[str], None]:
    def put(source: str) -> None:
        head = "from snorkel.labeling import labeling_function\n"
        (project / FILE).write_text(head + dedent(source), encoding="utf-8")

    return put


def batch(texts: list[str] = TEXTS, **columns: list[Any]) -> Batch:
    arrays = {name: pa.array(values) for name, values in columns.items()}
    return Batch(pa.array(range(len(texts))), pa.array(texts, pa.string()), arrays)


def bound(project: Path, function: str, **parameters: Any) -> SnorkelVoter:
    bench = Bench(function, project, LABELS, "document")
    return Snorkel(f"{FILE}:{function}", **parameters).bind(bench)


def matrix(hits: list[Hits], n_rows: int) -> Any:
    """Votes as snorkel writes them, [n_rows, n_functions]."""
    votes = np.full((n_rows, len(hits)), -1)
    for column, of_function in enumerate(hits):
        votes[of_function.doc, column] = of_function.label
    return votes


def test_votes_are_equal_to_those_of_snorkels_own_applier(project: Path) -> None:
    functions = [load_function(project, f"{FILE}:{name}") for name in RULES]
    frame = pd.DataFrame({"id": range(len(TEXTS)), "text": TEXTS, **COLUMNS})
    expected = PandasLFApplier(functions).apply(frame, progress_bar=False)

    rows = batch(**COLUMNS)
    hits = [bound(project, name).vote(rows, {}) for name in RULES]

    assert not [error for of_function in hits for error in of_function.errors]
    assert matrix(hits, len(TEXTS)).tolist() == expected.tolist()
    assert ((expected != -1).sum(axis=0) > 0).all()


@given(st.lists(st.tuples(st.text("free hi!", max_size=12), st.integers(0, 5)), min_size=1))
def test_votes_on_any_rows_are_equal_to_those_of_snorkel(rows: list[tuple[str, int]]) -> None:
    functions = [
        LabelingFunction("free", lambda x: 1 if "free" in x.text else -1),
        LabelingFunction("stars", lambda x: 0 if x["stars"] > 3 else -1),
    ]
    texts, stars = [text for text, _ in rows], [n for _, n in rows]
    frame = pd.DataFrame({"text": texts, "stars": stars})
    expected = PandasLFApplier(functions).apply(frame, progress_bar=False)

    data = Batch(pa.array(stars), pa.array(texts, pa.string()), {"stars": pa.array(stars)})
    voters = [SnorkelVoter(f, LABELS.names, (0, 1), Form(), Path()) for f in functions]

    assert matrix([v.vote(data, {}) for v in voters], len(rows)).tolist() == expected.tolist()


def test_a_vote_spans_the_whole_text(project: Path) -> None:
    hits = bound(project, "check_out").vote(batch(), {})

    assert (hits.doc, hits.start, hits.end, hits.label) == ([0], [0], [15], [1])


def test_numbers_are_indices_into_the_given_labels(project: Path) -> None:
    hits = bound(project, "check_out", labels=("spam", "ham")).vote(batch(), {})

    assert hits.label == [0]


@pytest.mark.parametrize(
    "answer", ["True", "False", "None", "1.0", "'spam'", "2", "-2", "[1]", "float('nan')"]
)
def test_what_is_no_vote_of_snorkel_fails_its_row(
    project: Path, write: Callable[[str], None], answer: str
) -> None:
    write(f"@labeling_function()\ndef f(x): return {answer} if x.text == 'a' else 1")

    hits = bound(project, "f").vote(batch(["a", "b"]), {})

    assert [(error.doc, error.reason) for error in hits.errors] == [(0, "bad_answer")]
    assert hits.errors[0].message.endswith("wanted -1 (abstain) or 0 = ham, 1 = spam")
    assert hits.doc == [1]


@pytest.mark.parametrize("answer", ["np.int64(1)", "np.int8(1)", "Label.SPAM"])
def test_any_whole_number_is_a_vote(
    project: Path, write: Callable[[str], None], answer: str
) -> None:
    source = f"""
        import enum, numpy as np
        class Label(enum.IntEnum):
            SPAM = 1
        @labeling_function()
        def f(x): return {answer}
    """
    write(source)

    hits = bound(project, "f").vote(batch(["a"]), {})

    assert (hits.label, hits.errors) == ([1], [])


def test_an_exception_fails_its_row_with_its_class_and_line(
    project: Path, write: Callable[[str], None]
) -> None:
    write("\n@labeling_function()\ndef f(x):\n    return 1 if x.text[0] else -1")

    hits = bound(project, "f").vote(batch(["a", ""]), {})

    assert [(error.doc, error.reason) for error in hits.errors] == [(1, "IndexError")]
    assert hits.errors[0].message == f"{FILE}:5: string index out of range"


def test_a_preprocessor_that_gives_nothing_fails_its_row(
    project: Path, write: Callable[[str], None]
) -> None:
    source = """
        from snorkel.preprocess import preprocessor
        @preprocessor()
        def gone(x): return None
        @labeling_function(pre=[gone])
        def f(x): return 1
    """
    write(source)

    errors = bound(project, "f").vote(batch(["a"]), {}).errors

    assert errors[0].message == "Preprocessor should not return None"


def test_a_preprocessor_works_on_a_copy(project: Path) -> None:
    rows = batch()
    before = list(rows.strings)

    bound(project, "free").vote(rows, {})

    assert rows.strings == before


def test_memoising_preprocessors_forget_when_the_next_batch_begins(project: Path) -> None:
    squeezed = load_function(project, f"{FILE}:squeezed")
    voter = bound(project, "free")
    first, second = batch(["aa", "bb"]), batch(["cc"])

    sizes = []
    for rows in (first, first, second):
        voter.vote(rows, {})
        sizes.append(len(squeezed._cache))

    assert sizes == [2, 2, 1]


def test_functions_share_what_a_preprocessor_made_of_a_batch(
    project: Path, write: Callable[[str], None]
) -> None:
    source = """
        from snorkel.preprocess import preprocessor
        SEEN = []
        def seen(): return len(SEEN)
        @preprocessor(memoize=True)
        def slow(x):
            SEEN.append(x.text)
            return x
        @labeling_function(pre=[slow])
        def f(x): return 1
        @labeling_function(pre=[slow])
        def g(x): return 0
    """
    write(source)
    rows = batch(["a", "b"])

    bound(project, "f").vote(rows, {})
    bound(project, "g").vote(rows, {})

    assert load_function(project, f"{FILE}:seen")() == 2


@pytest.fixture
def blank_model(tmp_path: Path) -> Iterator[str]:
    path = tmp_path / "blank"
    spacy.blank("en").to_disk(path)
    yield str(path)
    if hasattr(NLPLabelingFunction, "_nlp_config"):
        del NLPLabelingFunction._nlp_config


def test_a_spacy_labeling_function_gets_its_doc(
    project: Path, write: Callable[[str], None], blank_model: str
) -> None:
    source = f"""
        from snorkel.labeling.lf.nlp import nlp_labeling_function
        @nlp_labeling_function(language={blank_model!r})
        def f(x): return 1 if [t.lower_ for t in x.doc][:1] == ["buy"] else -1
    """
    write(source)

    hits = bound(project, "f").vote(batch(["Buy now", "Don't buy"]), {})

    assert (hits.doc, hits.errors) == ([0], [])


def test_a_spacy_model_that_is_missing_is_told_with_its_line(
    project: Path, write: Callable[[str], None]
) -> None:
    source = """
        from snorkel.labeling.lf.nlp import nlp_labeling_function
        @nlp_labeling_function(language="zz_none_sm")
        def f(x): return 1
    """
    write(source)

    with pytest.raises(BadResource, match=r"legacy.py:\d: does not import: OSError: .*zz_none_sm"):
        bound(project, "f")


def test_all_columns_are_there_unless_some_are_named(project: Path) -> None:
    rows = batch(["a"], stars=[3], author=["eve"])

    (everything,) = data_points(rows, Form())
    (some,) = data_points(rows, Form(columns=("stars",)))

    assert everything.keys() == ("stars", "author", "id", "text")
    assert some.keys() == ("stars", "id", "text")


def test_the_prepared_text_stands_above_a_column_of_that_name() -> None:
    (point,) = data_points(batch(["prepared"], text=["raw"]), Form())

    assert point.text == point["text"] == "prepared"


def test_text_and_id_may_have_the_names_that_the_function_expects(
    project: Path, write: Callable[[str], None]
) -> None:
    write("@labeling_function()\ndef f(x): return x.KEY if x.CONTENT == 'b' else -1")

    hits = bound(project, "f", text="CONTENT", id="KEY").vote(batch(["a", "b"]), {})

    assert (hits.doc, hits.label, hits.errors) == ([1], [1], [])


def test_text_and_id_have_two_names() -> None:
    with pytest.raises(BadParameter, match="cannot both be called 'id'"):
        Snorkel(f"{FILE}:f", text="id")


def test_a_missing_number_is_nan_and_other_missing_values_none() -> None:
    *_, point = data_points(batch(["a", "b"], stars=[1, None], author=["x", None]), Form())

    assert math.isnan(point.stars)
    assert point.author is None


def test_a_data_point_reads_as_a_map() -> None:
    point = DataPoint(text="a")
    point["stars"] = 3

    assert (len(point), list(point), point.stars) == (2, ["text", "stars"], 3)
    assert (point.get("none", 0), "none" in point) == (0, False)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def f(x): return 1", r"is no snorkel LabelingFunction but function; a plain function"),
        ("f = 3", "'f' is an int, which cannot be called"),
    ],
)
def test_what_is_no_labeling_function_is_refused(
    project: Path, write: Callable[[str], None], source: str, message: str
) -> None:
    write(source)

    with pytest.raises(BadResource, match=message):
        bound(project, "f")


def test_labels_must_be_those_of_the_task(project: Path) -> None:
    with pytest.raises(BadParameter, match=r"no label 'spma' in this task \(did you mean 'spam'"):
        bound(project, "free", labels=("ham", "spma"))


def test_an_empty_list_of_labels_is_refused() -> None:
    with pytest.raises(BadParameter, match="labels"):
        Snorkel(f"{FILE}:f", labels=())


def test_needs_are_all_columns_and_every_file(project: Path) -> None:
    needs = Snorkel(f"{FILE}:free", files=("x.csv",)).needs(project)

    assert needs.columns is None
    assert needs.files == (FILE, "labeling_functions/words.py", "x.csv")
    assert Snorkel(f"{FILE}:free", needs_=("text", "stars")).needs(project).columns == ("stars",)


RULES_OF_YOUTUBE = """
    import csv, json, re
    from pathlib import Path
    from snorkel.labeling import LabelingFunction

    def substring(x, label, patterns):
        return label if any(word in x.text.lower() for word in patterns) else -1

    def search(x, label, patterns):
        return label if any(re.search(p, x.text, re.IGNORECASE) for p in patterns) else -1

    def short(x, label, patterns):
        return label if len(x.text.split()) < patterns[0] else -1

    KINDS = {
        "any_substring_of_lowercased_text": substring,
        "regex_search_ignorecase": search,
        "fewer_than_n_whitespace_tokens": short,
    }
    with Path(__file__).with_name("lf_rules.tsv").open() as file:
        for rule in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if rule["kind"] in KINDS:
                patterns = json.loads(rule["pattern_json"])
                resources = {"label": int(rule["label_id"]), "patterns": patterns}
                function = LabelingFunction(rule["lf_name"], KINDS[rule["kind"]], resources)
                globals()[rule["lf_name"]] = function
"""


@pytest.mark.slow
def test_votes_on_youtube_are_those_of_snorkel_and_those_published(
    project: Path, corpora: Path
) -> None:
    (project / FILE).write_text(dedent(RULES_OF_YOUTUBE), encoding="utf-8")
    rules = pd.read_csv(corpora / "youtube/lf_rules.tsv", sep="\t", quoting=3).dropna()
    shutil.copy(corpora / "youtube/lf_rules.tsv", project / "labeling_functions")
    table = pq.read_table(corpora / "youtube/train.parquet").combine_chunks()
    functions = [load_function(project, f"{FILE}:{name}") for name in rules.lf_name]
    frame = table.select(["id", "text"]).to_pandas()
    snorkels = PandasLFApplier(functions).apply(frame, progress_bar=False)
    published = np.array(table["votes"].to_pylist())[:, rules.lf_column]

    rows = Batch(table["id"].chunk(0), table["text"].chunk(0), {})
    votes = matrix([bound(project, name).vote(rows, {}) for name in rules.lf_name], len(rows))

    assert votes.shape == (1586, 7)
    assert (votes == snorkels).all()
    assert (votes == published).all()


def test_what_a_function_writes_to_its_row_no_other_function_sees(
    project: Path, write: Callable[[str], None]
) -> None:
    source = """
        @labeling_function()
        def loud(x):
            x.text = x.text.upper()
            vars(x)["seen"] = True
            return 1
        @labeling_function()
        def quiet(x):
            return 0 if x.text.islower() and "seen" not in x else -1
    """
    write(source)
    rows = batch(["a", "b"])

    loud, quiet = bound(project, "loud"), bound(project, "quiet")
    votes = [voter.vote(rows, {}).label for voter in (quiet, loud, quiet)]

    assert votes == [[0, 0], [1, 1], [0, 0]]


def test_a_class_that_calls_in_its_own_way_is_called_so(
    project: Path, write: Callable[[str], None]
) -> None:
    source = """
        from snorkel.labeling import LabelingFunction
        class Opposite(LabelingFunction):
            def __call__(self, x):
                return 1 - super().__call__(x)
        class Before(LabelingFunction):
            def _preprocess_data_point(self, x):
                x.text = "spam"
                return x
        opposite = Opposite("opposite", lambda x: 1)
        before = Before("before", lambda x: 1 if x.text == "spam" else -1)
    """
    write(source)

    assert bound(project, "opposite").vote(batch(["a"]), {}).label == [0]
    assert bound(project, "before").vote(batch(["a"]), {}).label == [1]


def test_a_function_that_ends_an_iteration_fails_its_row_alone(
    project: Path, write: Callable[[str], None]
) -> None:
    write("@labeling_function()\ndef f(x): return next(iter([1] * len(x.text)))")

    hits = bound(project, "f").vote(batch(["a", "", "b"]), {})

    assert hits.doc == [0, 2]
    assert [(error.doc, error.reason) for error in hits.errors] == [(1, "StopIteration")]


def test_a_missing_column_is_told_as_of_any_data_point(
    project: Path, write: Callable[[str], None]
) -> None:
    write("@labeling_function()\ndef f(x): return x.stars")

    (error,) = bound(project, "f").vote(batch(["a"]), {}).errors

    assert error.message.endswith("'DataPoint' object has no attribute 'stars'")


ANSWERS: st.SearchStrategy[Any] = st.sampled_from(
    [-1, 0, 1, 2, -2, True, None, 1.0, "spam", np.int64(1), 10**30, []]
)


@given(st.lists(ANSWERS | st.just(KeyError("x")), max_size=8))
def test_only_whole_numbers_that_a_label_has_are_votes(answers: list[Any]) -> None:
    def say(x: Any) -> Any:
        answer = answers[x.id]
        if isinstance(answer, KeyError):
            raise answer
        return answer

    voter = SnorkelVoter(LabelingFunction("say", say), LABELS.names, (0, 1), Form(), Path())
    hits = voter.vote(batch(["a"] * len(answers)), {})

    whole = [isinstance(a, int | np.integer) and not isinstance(a, bool) for a in answers]
    valid = [i for i, a in enumerate(answers) if whole[i] and -1 <= a <= 1]
    assert hits.doc == [i for i in valid if answers[i] >= 0]
    assert hits.label == [int(answers[i]) for i in hits.doc]
    failed = [i for i in range(len(answers)) if i not in valid]
    assert [error.doc for error in hits.errors] == failed
