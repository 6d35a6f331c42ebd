import ast
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.core.rows import Row
from labelmill.errors import BadParameter
from labelmill.text.expression import MAX_DEPTH, Expression
from labelmill.text.measures import MEASURES
from labelmill.text.operations import FUNCTIONS

ROW: dict[str, Any] = {
    "id": "r1",
    "text": "BUY now at https://a.org!",
    "stars": 4,
    "price": 9.5,
    "lang": "en",
    "verified": True,
    "tags": ["new", "hot"],
    "missing": None,
    "nan": float("nan"),
    "day": date(2026, 11, 21),
    "at": datetime(2026, 11, 21, 2, tzinfo=UTC),
    "cost": Decimal("2.50"),
    "odd name": 7,
    "title": "Ünï çödé",
}


def value(source: str) -> Any:
    return Expression.parse(source).evaluate(ROW)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("stars >= 4", True),
        ("1 < stars <= 4 != 5", True),
        ("stars + 1 == 5 and price / 2 == 4.75", True),
        ("stars // 3 * 2 - 7 % 4", -1),
        ("-stars", -4),
        ("not verified or lang == 'en'", True),
        ("lang in ['en', 'de']", True),
        ("lang not in ('fr', 'de')", True),
        ("'hot' in tags", True),
        ("'BUY' in text", True),
        ("n_words", 4),
        ("n_urls > 0 and n_words < 5", True),
        ("upper_ratio > 0.9", False),
        ("lower(lang) == 'en' and upper(lang) == 'EN'", True),
        ("contains(lower(text), 'buy')", True),
        ("startswith(text, 'BUY') and endswith(text, '!')", True),
        ("count(text, 'o')", 2),
        ("len(tags) + len(lang)", 4),
        ("min(stars, 2) + max(stars, 9, 1) + abs(0 - 3) + round(2.4)", 16),
        ("coalesce(missing, nan, 3)", 3),
        ("strip('  a ')", "a"),
        ("title + '!'", "Ünï çödé!"),
        ("column('odd name') == 7", True),
        ("day >= '2026-01-01' and at < '2026-12-01T00:00:00+00:00'", True),
        ("cost > 2", True),
        ("id == 'r1'", True),
        ("stars >= 4 and\n  lang == 'en'", True),
    ],
)
def test_an_expression_is_worked_out(source: str, expected: Any) -> None:
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("missing > 1", False),
        ("missing == 1", False),
        ("missing != 1", False),
        ("nan == nan", False),
        ("not (missing > 1)", True),
        ("missing in [1, 2]", False),
        ("missing not in [1, 2]", False),
        ("missing + 1", None),
        ("-missing", None),
        ("missing + 1 > 0", False),
        ("missing and true", False),
        ("missing or true", True),
        ("lower(missing)", None),
        ("len(missing)", None),
        ("contains(missing, 'a')", None),
        ("is_null(missing) and is_null(nan) and not is_null(stars)", True),
    ],
)
def test_a_null_makes_comparisons_false_and_arithmetic_null(source: str, expected: Any) -> None:
    assert value(source) is expected


@pytest.mark.parametrize(
    ("source", "pattern"),
    [
        (r"matches(text, '\bBUY\b')", r"\bBUY\b"),
        (r"matches(text, r'\bBUY\b')", r"\bBUY\b"),
        (r"matches(text, '\w+://\S')", r"\w+://\S"),
    ],
)
def test_a_backslash_stands_for_itself(source: str, pattern: str) -> None:
    assert value(source) is True
    assert value(source.replace("matches(text, ", "(")) == pattern


def test_the_columns_are_the_names_that_nothing_else_explains() -> None:
    expression = Expression.parse("stars > 1 and n_words > 2 and text == id or column('odd name')")

    assert expression.columns == {"stars", "odd name"}


def test_a_row_of_a_batch_can_be_asked() -> None:
    assert Expression.parse("stars > n_words").evaluate(Row(1, "fine film", {"stars": 4})) is True


@pytest.mark.parametrize(
    ("source", "place", "message"),
    [
        ("", 1, "it is empty"),
        ("stars >", 8, "no expression"),
        ("stars > 1 and foo(text)", 15, "no function 'foo'"),
        ("lowr(text)", 1, "did you mean 'lower'"),
        ("é == text.lower()", 6, "a dot is not known here; write lower(...)"),
        ("  2 ** 9", 3, "only + - * / // %"),
        (r"matches('\d', '\d') and __import__('os')", 25, "no function '__import__'"),
        ("stars == null", 10, "use is_null"),
        ("stars is None", 10, "use is_null"),
        ("stars is 4", 1, "`is` is not known here"),
        ("matches(text, '(')", 15, "does not compile"),
        ("matches(text, lang)", 15, "must stand here in quotes"),
        ("len(1, 2)", 1, "takes 1 argument, found 2"),
        ("max(1)", 1, "takes 2 to 20 arguments, found 1"),
        ("round(number=1)", 1, "takes no named arguments"),
        ("column(text)", 8, "one name in quotes"),
        ("column('a', 'b')", 1, "one name in quotes"),
        ("lower", 1, "'lower' is a function; call it"),
        ("b'a'", 1, "only numbers, texts"),
        ("...", 1, "only numbers, texts"),
        ("~stars", 1, "only `not` and `-`"),
        ("max(*tags, 1)", 5, "not part of the expression language (Starred)"),
        ("tags[0]", 1, "not part of the expression language (Subscript)"),
        ("lambda: 1", 1, "not part of the expression language (Lambda)"),
        ("[x for x in tags]", 1, "not part of the expression language (ListComp)"),
        ("f'{text}'", 1, "not part of the expression language (JoinedStr)"),
        ("(x := 1)", 2, "not part of the expression language (NamedExpr)"),
        ("1 if true else 2", 1, "not part of the expression language (IfExp)"),
        ("stars; 1", 6, "no expression"),
        ("x = 1", 3, "no expression"),
        ("a" * 6000, 5000, "longer than 5000 characters"),
        ("\x00", 2, "no expression"),
    ],
)
def test_what_is_no_expression_is_refused_with_its_place(
    source: str, place: int, message: str
) -> None:
    with pytest.raises(BadParameter) as caught:
        Expression.parse(source, "when")

    assert caught.value.field == "when"
    assert f"character {place}: " in caught.value.message
    assert message in caught.value.message


def test_deep_nesting_is_refused() -> None:
    deepest = "not " * MAX_DEPTH + "true"

    assert Expression.parse(deepest).evaluate(ROW) is True
    for source in ("not " + deepest, "-" * 4000 + "1", "(" * 2000 + "1" + ")" * 2000):
        with pytest.raises(BadParameter):
            Expression.parse(source)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("stars > 'a'", "4 (number) > 'a' (text) compares different kinds"),
        ("lang == 1", "compares different kinds"),
        ("verified == 1", "compares different kinds"),
        ("stars in ['4', '5']", "a list of another kind"),
        ("lang * 1000000000", "is not defined"),
        ("lang + 1", "is not defined"),
        ("stars / 0", "division by zero"),
        ("stars % 0", "zero"),
        ("lower(stars)", "4 (number) is not a text"),
        ("abs(lang)", "'en' (text) is not a number"),
        ("unknown > 1", "there is no column 'unknown'"),
        ("1 in stars", "neither a text nor a list"),
        ("1 in text", "cannot stand in a text"),
        ("day > 'yesterday'", "write it like 2026-11-21"),
        ("len(stars)", "is not a text"),
    ],
)
def test_values_that_do_not_fit_are_an_error_of_the_row(source: str, message: str) -> None:
    expression = Expression.parse(source)

    with pytest.raises(ValueError, match="cannot be worked out") as caught:
        expression.evaluate(ROW)
    assert message in str(caught.value)


def test_holds_is_false_for_null() -> None:
    assert not Expression.parse("missing").holds(ROW)
    assert Expression.parse("stars").holds(ROW)


NAMES = st.sampled_from([*sorted(set(ROW) - {"odd name"}), *MEASURES, "true", "null"])
LITERALS = st.one_of(
    st.integers(-9, 9).map(str), st.floats(0, 9).map(repr), st.text("ab'\\ ", max_size=3).map(repr)
)
SOURCES = st.recursive(
    st.one_of(NAMES, LITERALS),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/%<>"), inner).map(" ".join),
        st.tuples(inner, st.sampled_from(["and", "or", "==", "in", "not in", "<="]), inner)
        .map(" ".join)
        .map("({})".format),
        st.tuples(st.sampled_from(sorted(FUNCTIONS)), inner).map("{0[0]}({0[1]})".format),
        st.lists(inner, max_size=3).map(", ".join).map("[{}]".format),
    ),
    max_leaves=8,
)


@given(SOURCES)
def test_reading_and_working_out_fail_only_as_promised(source: str) -> None:
    assert outcome(source) in ("refused", "failed", "worked out")


def outcome(source: str) -> str:
    try:
        expression = Expression.parse(source)
    except BadParameter:
        return "refused"
    try:
        expression.evaluate(ROW)
    except ValueError:
        return "failed"
    return "worked out"


SUMS = st.recursive(
    st.integers(0, 9).map(str),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(
        "({0[0]} {0[1]} {0[2]})".format
    ),
    max_leaves=6,
)


@given(SUMS)
def test_plain_arithmetic_is_that_of_python(source: str) -> None:
    expected = eval(compile(ast.parse(source, mode="eval"), "", "eval"))  # noqa: S307 (digits only)

    assert Expression.parse(source).evaluate({}) == expected
