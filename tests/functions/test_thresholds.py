import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.functions.thresholds import Threshold

NUMBERS = st.integers(-3, 3)
RULES = st.one_of(
    st.tuples(st.sampled_from([">=", "<=", ">", "<", "=="]), NUMBERS).map("{0[0]} {0[1]}".format),
    st.tuples(NUMBERS, NUMBERS).map(sorted).map("{0[0]} .. {0[1]}".format),
)


@given(RULES, st.integers(-8, 8))
def test_a_rule_means_what_it_says(rule: str, halves: int) -> None:
    number = halves / 2
    low, _, high = rule.partition(" .. ")
    sign, _, bound = rule.partition(" ")
    between = bool(high) and int(low) <= number <= int(high) if high else False
    signs = {
        ">=": number.__ge__,
        "<=": number.__le__,
        ">": number.__gt__,
        "<": number.__lt__,
        "==": number.__eq__,
    }

    expected = between if high else signs[sign](float(bound))

    assert Threshold.parse(rule).holds(number) is expected


@given(RULES, RULES)
def test_rules_overlap_where_one_number_fits_both(left: str, right: str) -> None:
    first, second = Threshold.parse(left), Threshold.parse(right)

    shared = any(first.holds(n / 4) and second.holds(n / 4) for n in range(-20, 21))

    assert first.overlaps(second) is shared
    assert second.overlaps(first) is shared


@pytest.mark.parametrize("rule", ["", "0.5", ">= a", "=> 1", "1 ..", ">= 1 and < 2"])
def test_what_is_no_rule_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match="is no rule; wanted one like"):
        Threshold.parse(rule)


def test_a_range_that_runs_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match=r"wanted '-0\.1 \.\. 0\.1'"):
        Threshold.parse("0.1 .. -0.1")


@pytest.mark.parametrize("rule", [">=.5", " >= 0.5 ", ">=+5e-1", "> 0.4999", "0.5..1", "==0.5"])
def test_numbers_may_be_written_in_any_way(rule: str) -> None:
    assert Threshold.parse(rule).holds(0.5)
