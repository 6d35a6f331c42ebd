from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace, Not, OneOf
from labelmill.core.protocols import Bench, LabelingFunction, Unit
from labelmill.core.votes import Hits
from labelmill.errors import BadParameter, BadResource
from labelmill.functions.answers import AnswerReader, BadAnswer, listed
from labelmill.functions.python import Python
from labelmill.text.language import Language

LABELS = LabelSpace(("ham", "spam")).including([Not("spam")])
ENTITIES = LabelSpace(("ORG", "PERSON", "MONEY")).including([OneOf(("ORG", "PERSON"))])
FILE = "labeling_functions/lfs.py"

Vote = Callable[..., Hits]


def batch(*texts: str, **columns: list[Any]) -> Batch:
    arrays = {name: pa.array(values) for name, values in columns.items()}
    return Batch(pa.array(range(len(texts))), pa.array(texts, pa.string()), arrays, Language())


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], None]:
    def put(source: str) -> None:
        path = tmp_path / FILE
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(source), encoding="utf-8")

    return put


@pytest.fixture
def vote(tmp_path: Path, write: Callable[[str], None]) -> Vote:
    """Votes of the function `f` of a source on a batch."""

    def ask(source: str, rows: Batch, unit: Unit = "document", **parameters: Any) -> Hits:
        write(source)
        labels = LABELS if unit == "document" else ENTITIES
        gazetteers: Mapping[str, Any] = {"words": {"cheap", "free"}}
        bench = Bench("f", tmp_path, labels, unit, gazetteers=gazetteers)
        return Python(f"{FILE}:f", **parameters).bind(bench).vote(rows, {})

    return ask


def found(hits: Hits) -> list[tuple[int, int, int, int]]:
    return list(zip(hits.doc, hits.start, hits.end, hits.label, strict=True))


def failures(hits: Hits) -> list[tuple[int, str]]:
    return [(error.doc, error.reason) for error in hits.errors]


def test_it_is_a_labeling_function() -> None:
    assert isinstance(Python(f"{FILE}:f"), LabelingFunction)


# Row functions in document tasks


def test_a_label_is_a_hit_on_the_whole_text(vote: Vote) -> None:
    source = "def f(row): return 'spam' if row.text.isupper() else None"

    assert found(vote(source, batch("BUY", "ok", "NOW!"))) == [(0, 0, 3, 1), (2, 0, 4, 1)]


def test_true_votes_for_the_label_of_the_config(vote: Vote) -> None:
    source = """
        import numpy as np
        def f(row): return {"a": True, "b": False, "c": None, "d": np.True_}[row.text]
    """
    hits = vote(source, batch("a", "b", "c", "d"), label=Not("spam"))

    assert found(hits) == [(0, 0, 1, 0), (3, 0, 1, 0)]
    assert not hits.errors


@pytest.mark.parametrize(
    ("answer", "reason", "message"),
    [
        (
            "'spma'",
            "unknown_label",
            "answered 'spma' (str), which is no label of this task (did you",
        ),
        ("1", "bad_answer", "answered 1 (int); wanted a label (a string) or None"),
        ("0.5", "bad_answer", "answered 0.5 (float); wanted a label (a string) or None"),
        ("True", "bad_answer", "a function that answers True or False needs `label` in the config"),
        ("b'spam'", "bad_answer", "answered b'spam' (bytes)"),
        ("['spam']", "bad_answer", "answered ['spam'] (list)"),
        ("object()", "bad_answer", "answered <object object> (object); wanted"),
    ],
)
def test_an_answer_that_is_no_label_fails_its_row(
    vote: Vote, answer: str, reason: str, message: str
) -> None:
    source = f"def f(row): return {answer} if row.text == 'bad' else 'spam'"

    hits = vote(source, batch("bad", "good"))

    assert failures(hits) == [(0, reason)]
    assert message in hits.errors[0].message
    assert found(hits) == [(1, 0, 4, 1)]


@pytest.mark.parametrize("answer", ["'spam'", "1", "0"])
def test_with_a_label_in_the_config_only_true_and_false_are_answers(
    vote: Vote, answer: str
) -> None:
    hits = vote(f"def f(row): return {answer}", batch("a"), label="spam")

    assert failures(hits) == [(0, "bad_answer")]
    assert "wanted True, False or None" in hits.errors[0].message


def test_an_exception_fails_its_row_with_its_class_and_line(vote: Vote) -> None:
    source = """
        def f(row):
            return 'spam' if 1 / len(row.text) else None
    """
    hits = vote(source, batch("a", "", "b"))

    assert failures(hits) == [(1, "ZeroDivisionError")]
    assert hits.errors[0].message == f"{FILE}:3: division by zero"
    assert [doc for doc, *_ in found(hits)] == [0, 2]


def test_a_row_has_the_declared_columns_and_no_other(vote: Vote) -> None:
    source = """
        from labelmill.functions.decorator import labeling_function
        @labeling_function(needs=("text", "stars"))
        def f(row): return 'ham' if row.stars > 3 and row["stars"] else row.author
    """
    hits = vote(source, batch("a", "b", stars=[5, 1], author=["ham", "ham"]))

    assert found(hits) == [(0, 0, 1, 0)]
    assert "this row has no column 'author' (it has: id, text, stars)" in hits.errors[0].message


def test_needs_of_the_config_stand_above_the_decorator(vote: Vote, tmp_path: Path) -> None:
    source = """
        from labelmill.functions.decorator import labeling_function
        @labeling_function(needs="stars")
        def f(row): return row.author
    """
    hits = vote(source, batch("a", author=["ham"]), needs_=("author", "tokens"))

    assert found(hits) == [(0, 0, 1, 0)]
    assert Python(f"{FILE}:f").needs(tmp_path).columns == ("stars",)
    assert Python(f"{FILE}:f", needs_=("author", "doc")).needs(tmp_path).columns == ("author",)


def test_a_row_has_tokens_and_a_doc(vote: Vote) -> None:
    source = """
        def f(row):
            return 'ham' if row.tokens == [t.text for t in row.doc] == ["Do", "n't"] else None
    """
    assert found(vote(source, batch("Don't", "x"))) == [(0, 0, 5, 0)]


def test_params_and_gazetteers_arrive_under_their_names(vote: Vote) -> None:
    source = """
        def f(row, *, words, most=0):
            return 'spam' if sum(w in words for w in row.text.split()) > most else None
    """
    rows = batch("cheap and free", "free")

    assert len(vote(source, rows, gazetteers=("words",))) == 2
    assert found(vote(source, rows, gazetteers=("words",), params={"most": 1})) == [(0, 0, 14, 1)]


def test_an_empty_batch_has_no_votes(vote: Vote) -> None:
    assert found(vote("def f(row): return 'spam'", batch())) == []


def test_a_callable_object_is_a_function(vote: Vote) -> None:
    source = """
        class Rule:
            def __call__(self, row): return 'spam'
        f = Rule()
    """
    assert len(vote(source, batch("a"))) == 1


# Spans


@pytest.mark.parametrize(
    "body",
    [
        "return [(0, 4, 'ORG'), (5, 9, 'PERSON')]",
        "return ((0, 4, 'ORG'), [5, 9, 'PERSON'])",
        "yield 0, 4, 'ORG'; yield Span(5, 9, 'PERSON')",
        "return np.array([0, 5]) is None or [(np.int64(0), np.int32(4), 'ORG'), (5, 9, 'PERSON')]",
    ],
)
def test_spans_are_hits(vote: Vote, body: str) -> None:
    source = f"import numpy as np\nfrom labelmill.core.spans import Span\ndef f(row): {body}"

    assert found(vote(source, batch("Acme Anna"), unit="span")) == [(0, 0, 4, 0), (0, 5, 9, 1)]


def test_spans_without_a_label_get_that_of_the_config(vote: Vote) -> None:
    source = "import re\ndef f(row): return [m.span() for m in re.finditer('[A-Z]+', row.text)]"

    hits = vote(source, batch("a B CD"), unit="span", label=OneOf(("ORG", "PERSON")))

    assert found(hits) == [(0, 2, 3, 3), (0, 4, 6, 3)]


@pytest.mark.parametrize("body", ["return None", "return []", "yield from ()"])
def test_no_span_is_no_vote_and_no_error(vote: Vote, body: str) -> None:
    hits = vote(f"def f(row): {body}", batch("a"), unit="span")

    assert (len(hits), hits.errors) == (0, [])


@pytest.mark.parametrize(
    ("item", "reason", "message"),
    [
        ("(2, 2, 'ORG')", "bad_span", "the span (2, 2) is empty"),
        ("(3, 2, 'ORG')", "bad_span", "the span (3, 2) is empty"),
        ("(0, 10, 'ORG')", "bad_span", "the span (0, 10) leaves the text of 9 characters"),
        ("(-1, 3, 'ORG')", "bad_span", "the span (-1, 3) leaves the text"),
        ("(0, 4, 'ROG')", "unknown_label", "(did you mean 'ORG'?)"),
        ("(0, 4)", "bad_span", "has no label and the config gives none"),
        ("(0.0, 4, 'ORG')", "bad_span", "wanted (start, end), (start, end, label) or a Span"),
        ("(0, 4, None)", "bad_span", "found (0, 4, None) (tuple) as a span"),
        ("(0, 4, 'ORG', 1)", "bad_span", "as a span"),
        ("'ORG'", "bad_span", "found 'ORG' (str) as a span"),
        ("1 / 0", "ZeroDivisionError", "division by zero"),
    ],
)
def test_one_bad_span_fails_the_row_and_keeps_none_of_it(
    vote: Vote, item: str, reason: str, message: str
) -> None:
    source = f"def f(row):\n    yield (0, 4, 'ORG')\n    if 'x' not in row.text: yield {item}"

    hits = vote(source, batch("Acme Anna", "Acme x"), unit="span")

    assert failures(hits) == [(0, reason)]
    assert message in hits.errors[0].message
    assert found(hits) == [(1, 0, 4, 0)]


@pytest.mark.parametrize("answer", ["'ORG'", "True", "7", "{'start': 0}", "Span(0, 4, 'ORG')"])
def test_what_is_no_sequence_of_spans_fails_the_row(vote: Vote, answer: str) -> None:
    source = f"from labelmill.core.spans import Span\ndef f(row): return {answer}"

    assert failures(vote(source, batch("Acme"), unit="span")) == [(0, "bad_answer")]


def test_a_span_may_not_contradict_the_label_of_the_config(vote: Vote) -> None:
    source = "def f(row): return [(0, 4, row.text)]"

    hits = vote(source, batch("PERSON", "ORG!"), unit="span", label="PERSON")

    assert found(hits) == [(0, 0, 4, 1)]
    assert failures(hits) == [(1, "bad_span")]


@given(st.integers(-3, 12), st.integers(-3, 12), st.integers(0, 9))
def test_a_span_is_a_hit_exactly_where_it_holds_some_of_the_text(
    start: int, end: int, length: int
) -> None:
    reader = AnswerReader(ENTITIES, "span")
    inside = set(range(length)) >= set(range(start, end)) and start < end

    if inside:
        assert reader.read([(start, end, "ORG")], length) == [(start, end, 0)]
    else:
        with pytest.raises(BadAnswer):
            reader.read([(start, end, "ORG")], length)


# Batch functions


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("pandas", "batch.text.str.upper().eq(batch.text).map({True: 'spam'})"),
        ("pandas", "list(batch.text.str.isupper().map({True: 'spam', False: None}))"),
        ("arrow", "pa.array(['spam' if t.as_py().isupper() else None for t in batch['text']])"),
        ("arrow", "pa.chunked_array([['spam'], [None, 'spam']])"),
        ("rows", "('spam' if row.text.isupper() else None for row in batch)"),
        ("rows", "np.array(['spam', None, 'spam'], dtype=object)"),
        ("rows", "np.array(['spam', float('nan'), 'spam'], dtype=object)"),
        ("pandas", "pd.Series(['spam', pd.NA, 'spam'], dtype='string')"),
        ("pandas", "pd.Categorical(['spam', None, 'spam'])"),
        ("pandas", "pd.Series({2: 'spam', 1: None, 0: 'spam'})"),
    ],
)
def test_a_batch_function_answers_row_by_row(vote: Vote, form: str, body: str) -> None:
    source = f"""
        import numpy as np, pandas as pd, pyarrow as pa
        from labelmill.functions.decorator import labeling_function
        @labeling_function(batch={form!r})
        def f(batch): return {body}
    """
    hits = vote(source, batch("BUY", "ok", "NOW!"))

    assert found(hits) == [(0, 0, 3, 1), (2, 0, 4, 1)]
    assert not hits.errors


def test_a_series_is_put_in_the_order_of_the_frame(vote: Vote) -> None:
    source = """
        from labelmill.functions.decorator import labeling_function
        @labeling_function(batch="pandas", needs="stars")
        def f(batch): return batch.sort_values("stars").stars.map({1: 'spam', 5: 'ham'})
    """
    hits = vote(source, batch("a", "b", "c", stars=[5, 1, 5]))

    assert found(hits) == [(0, 0, 1, 0), (1, 0, 1, 1), (2, 0, 1, 0)]


@pytest.mark.parametrize(("form", "doc"), [("pandas", True), ("arrow", False), ("rows", True)])
def test_a_batch_has_ids_texts_and_what_it_needs(vote: Vote, form: str, *, doc: bool) -> None:
    source = f"""
        from labelmill.functions.decorator import labeling_function
        @labeling_function(batch={form!r}, needs=("stars", "tokens"{', "doc"' if doc else ""}))
        def f(batch, *, form):
            row = batch[0] if form == "rows" else None
            if form == "pandas":
                row = batch.iloc[0]
            if form == "arrow":
                row = batch.to_pylist()[0]
            right = (row["id"], row["text"], row["stars"]) == (0, "a b", 5)
            right = right and list(row["tokens"]) == ["a", "b"]
            if form != "arrow":
                right = right and row["doc"].text == "a b"
            return [right] * len(batch)
    """
    hits = vote(source, batch("a b", "c", stars=[5, 1]), label="ham", params={"form": form})

    assert (len(hits), hits.errors) == (2, [])


def test_a_batch_function_answers_with_a_list_of_spans_for_each_row(vote: Vote) -> None:
    source = """
        from labelmill.functions.decorator import labeling_function
        @labeling_function(batch="rows")
        def f(batch): return [[(0, 4, "ORG")], None, [], [(0, 99, "ORG")]]
    """
    hits = vote(source, batch("Acme", "b", "c", "d"), unit="span")

    assert found(hits) == [(0, 0, 4, 0)]
    assert failures(hits) == [(3, "bad_span")]


@pytest.mark.parametrize(
    ("body", "reason", "message"),
    [
        ("['spam']", "wrong_length", "answered 1 times for 2 rows"),
        ("batch[batch.text == 'a'].text", "wrong_length", "answered 1 times for 2 rows"),
        ("'spam'", "bad_answer", "wanted a sequence of 2 answers"),
        ("{'a': 'spam'}", "bad_answer", "wanted a sequence of 2 answers"),
        ("None", "bad_answer", "answered None (NoneType); wanted a sequence of 2 answers"),
        ("batch", "bad_answer", "DataFrame of 2 dimensions"),
        ("batch.text.set_axis([7, 8])", "bad_answer", "another index"),
        ("batch.nothing", "AttributeError", f"{FILE}:5: 'DataFrame' object has no attribute"),
    ],
)
def test_a_batch_function_that_goes_wrong_fails_every_row(
    vote: Vote, body: str, reason: str, message: str
) -> None:
    source = f"""
        from labelmill.functions.decorator import labeling_function
        @labeling_function(batch="pandas")
        def f(batch):
            return {body}
    """
    hits = vote(source, batch("a", "b"))

    assert failures(hits) == [(0, reason), (1, reason)]
    assert message in hits.errors[0].message


def test_a_batch_function_on_an_empty_batch_is_not_asked(vote: Vote) -> None:
    source = """
        from labelmill.functions.decorator import labeling_function
        @labeling_function(batch="pandas")
        def f(batch): return 1 / 0
    """
    hits = vote(source, batch())

    assert (len(hits), hits.errors) == (0, [])


def test_an_arrow_table_cannot_hold_docs(vote: Vote) -> None:
    source = """
        from labelmill.functions.decorator import labeling_function
        @labeling_function(batch="arrow", needs="doc")
        def f(batch): ...
    """
    with pytest.raises(BadResource, match="needs `doc`, which an Arrow table cannot hold"):
        vote(source, batch("a"))


@given(st.lists(st.sampled_from(["ham", "spam", None])))
def test_answers_survive_every_form_of_sequence(answers: list[str | None]) -> None:
    arrow = pa.array(answers, pa.string())

    assert listed(answers, len(answers)) == listed(arrow, len(answers)) == answers
    assert listed(arrow.to_pandas(), len(answers)) == answers


# What is checked before anything runs


@pytest.mark.parametrize(
    ("signature", "parameters", "message"),
    [
        ("row, *, ratio=1", {"params": {"rato": 2}}, r"params.rato: .*did you mean 'ratio'"),
        ("row, ratio", {}, r"params.ratio: the function needs a value for 'ratio'"),
        ("row, *, ratio", {}, r"params.ratio: the function needs a value for 'ratio'"),
        ("row", {"gazetteers": ("words",)}, r"gazetteers: .* no parameter 'words' to get this"),
        ("row, *, words", {}, r"params.words: the function needs a value"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(
    vote: Vote, signature: str, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadParameter, match=message):
        vote(f"def f({signature}): ...", batch("a"), **parameters)


def test_parameters_are_checked_when_needs_are_asked(
    write: Callable[[str], None], tmp_path: Path
) -> None:
    write("def f(row): ...")

    with pytest.raises(BadParameter, match=r"params.ratio"):
        Python(f"{FILE}:f", params={"ratio": 1}).needs(tmp_path)


@pytest.mark.parametrize("signature", ["row, **options", "row, *rest, ratio=1, **options"])
def test_a_function_with_open_keywords_takes_any_parameter(vote: Vote, signature: str) -> None:
    assert not vote(f"def f({signature}): ...", batch("a"), params={"any": 1}).errors


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def f(): ...", "takes no row"),
        ("def f(*, ratio=1): ...", "takes no row"),
        ("async def f(row): ...", "is an async function"),
        (
            "import snorkel.labeling as s\n@s.labeling_function()\ndef f(x): return 1",
            "use `type: snorkel`",
        ),
    ],
)
def test_functions_that_cannot_be_asked_are_refused(vote: Vote, source: str, message: str) -> None:
    with pytest.raises(BadResource, match=message):
        vote(source, batch("a"))


def test_a_name_may_not_be_a_parameter_and_a_gazetteer() -> None:
    with pytest.raises(BadParameter, match="'words' stands under `params` as well"):
        Python(f"{FILE}:f", params={"words": 1}, gazetteers=("words",))


def test_needs_name_every_file_and_list(write: Callable[[str], None], tmp_path: Path) -> None:
    write("from labeling_functions.words import WORDS\ndef f(row, words): ...")
    (tmp_path / "labeling_functions/words.py").write_text("WORDS = ()")

    needs = Python(f"{FILE}:f", gazetteers=("words",), files=("words.txt",)).needs(tmp_path)

    assert needs.files == (FILE, "labeling_functions/words.py", "words.txt")
    assert (needs.gazetteers, needs.columns) == (("words",), ())


def test_needs_of_a_missing_file_name_it_for_the_config_to_complain(tmp_path: Path) -> None:
    assert Python(f"{FILE}:f").needs(tmp_path).files == (FILE,)


def test_the_decorators_examples_are_those_of_the_function(
    write: Callable[[str], None], tmp_path: Path
) -> None:
    source = """
        from labelmill.functions.decorator import labeling_function
        @labeling_function(should={"spam": "BUY"}, should_not=["ok"])
        def f(row): ...
    """
    write(source)

    assert Python(f"{FILE}:f").examples(tmp_path) == ({"spam": ("BUY",)}, ("ok",))


@pytest.mark.parametrize("name", ["SystemExit", "GeneratorExit", "asyncio.CancelledError"])
def test_a_function_never_ends_the_run(vote: Vote, name: str) -> None:
    hits = vote(f"import asyncio\n\ndef f(row):\n    raise {name}\n", batch("a", "b"))

    reason = name.rpartition(".")[2]
    assert [(error.doc, error.reason) for error in hits.errors] == [(0, reason), (1, reason)]
