from dataclasses import replace
from typing import Any

import pytest

from labelmill.checks.drift import Drift, Measure
from labelmill.core.facts import Facts, Past
from labelmill.errors import BadParameter

PRINT = {"type": "t", "parameters": "p"}
PRINTS = {"link": PRINT, "short": PRINT}


def report(**parts: Any) -> dict[str, Any]:
    """What report.json says of an ordinary night of 1,000 rows."""
    ordinary: dict[str, Any] = {
        "labels": ["ham", "spam"],
        "totals": {"status": {"labeled": 800, "uncovered": 200, "error": 5}, "coverage": 0.8},
        "classes": {"ham": 500, "spam": 300},
        "functions": [
            {"lf": "link", "coverage": 0.3, "conflicts": 0.1},
            {"lf": "short", "coverage": 0.5, "conflicts": 0.1},
        ],
        "measures": {
            "text_length": {"mean": 40.0, "by_size": [0, 0, 0, 0, 100, 400, 400, 100]},
            "mean_confidence": 0.9,
        },
    }
    return ordinary | parts


def night(**parts: Any) -> Facts:
    found = report(**parts)
    status = found["totals"]["status"]
    functions = {row["lf"]: row for row in found["functions"]}
    facts = Facts(sum(status.values()), status, found["classes"], {}, (), functions)
    return replace(facts, report=found, fingerprints=PRINTS, past=PAST)


def functions(**coverage: float) -> list[dict[str, Any]]:
    return [{"lf": lf, "coverage": share, "conflicts": 0.1} for lf, share in coverage.items()]


PAST = tuple(Past(f"s{n}", None, report(), PRINTS) for n in range(7))


def test_a_night_like_those_before_passes() -> None:
    finding = Drift().check(night())

    assert (finding.passed, finding.value) == (True, 0)
    assert finding.message == "nothing drifted from the median of 7 snapshots before"


@pytest.mark.parametrize(
    ("measure", "parts", "told"),
    [
        (
            "coverage",
            {"functions": functions(link=0.1, short=0.5)},
            "coverage of link is 0.1, was 0.3 (change 0.67, limit 0.5)",
        ),
        (
            "coverage",
            {"functions": functions(link=0.0, short=0.5)},
            "coverage of link is 0, was 0.3 (change 1, limit 0.5)",
        ),
        (
            "conflict",
            {
                "functions": [
                    {"lf": "link", "coverage": 0.3, "conflicts": 0.25},
                    {"lf": "short", "coverage": 0.5, "conflicts": 0.1},
                ]
            },
            "conflict of link is 0.25, was 0.1 (change 0.6, limit 0.5)",
        ),
        (
            "class_balance",
            {"classes": {"ham": 200, "spam": 600}},
            "shares of labels moved (PSI 0.6, limit 0.25: ham 0.25, was 0.625; spam 0.75, was",
        ),
        (
            "abstain_rate",
            {"totals": {"status": {"labeled": 500, "uncovered": 500}, "coverage": 0.5}},
            "abstain rate is 0.5, was 0.2 (change 0.6, limit 0.5)",
        ),
        (
            "confidence",
            {"measures": {"mean_confidence": 0.75, "text_length": {"by_size": []}}},
            "mean confidence is 0.75, was 0.9 (limit 0.1)",
        ),
        (
            "text_length",
            {
                "measures": {
                    "mean_confidence": 0.9,
                    "text_length": {"by_size": [0, 0, 0, 0, 0, 0, 100, 400, 400, 100]},
                }
            },
            "lengths of texts moved (PSI ",
        ),
    ],
)
def test_each_measure_that_moves_fails_and_only_where_it_is_asked_for(
    measure: Measure, parts: dict[str, Any], told: str
) -> None:
    facts = night(**parts)
    others = tuple(m for m in Drift().measures if m != measure)

    finding = Drift(measures=(measure,)).check(facts)

    assert not finding.passed
    assert finding.value > 1
    assert finding.message.startswith("drifted from the median of 7 snapshots before: ")
    assert told in finding.message
    assert Drift(measures=others).check(facts).passed


def test_a_stability_index_between_note_and_alarm_is_told() -> None:
    finding = Drift().check(night(classes={"ham": 370, "spam": 430}))

    assert finding.passed
    assert "noted: shares of labels moved (PSI 0.1" in finding.message
    assert 0.4 < finding.value < 1


@pytest.mark.parametrize("n", [0, 1, 2])
def test_the_first_runs_have_no_baseline_and_say_so(n: int) -> None:
    facts = replace(night(classes={"ham": 0, "spam": 800}), past=PAST[:n])

    finding = Drift().check(facts)

    assert finding.passed
    snapshots = "1 snapshot" if n == 1 else f"{n} snapshots"
    assert finding.message.startswith(f"no baseline: {snapshots} to compare with, wanted 3")


def test_a_function_that_was_changed_is_expected_to_differ() -> None:
    facts = night(functions=functions(link=0.01, short=0.5, fresh=0.2))
    changed = PRINTS | {"link": PRINT | {"parameters": "q"}, "fresh": PRINT}

    finding = Drift(measures=("coverage", "conflict")).check(replace(facts, fingerprints=changed))

    assert finding.passed
    assert finding.message.endswith("expected: link was changed (parameters), fresh is new")


def test_after_a_change_a_function_is_compared_with_its_new_form_only() -> None:
    prints = PRINTS | {"link": PRINT | {"parameters": "q"}}
    new = [Past(f"n{n}", None, report(functions=functions(link=0.7, short=0.5)), prints)
           for n in range(3)]  # fmt: skip
    facts = replace(night(functions=functions(link=0.7, short=0.5)), fingerprints=prints)

    two = Drift(measures=("coverage",)).check(replace(facts, past=(*new[:2], *PAST[:5])))
    three = Drift(measures=("coverage",)).check(replace(facts, past=(*new, *PAST[:4])))

    assert two.passed
    assert three.passed
    assert "expected: link was changed 2 snapshots ago" in two.message
    assert "expected" not in three.message
    assert not Drift().check(replace(facts, past=PAST, fingerprints=PRINTS)).passed


def test_shares_of_labels_are_compared_with_snapshots_of_the_same_functions() -> None:
    prints = PRINTS | {"link": PRINT | {"parameters": "q"}}
    accepted = [Past(f"n{n}", None, report(classes={"ham": 200, "spam": 600}), prints)
                for n in range(3)]  # fmt: skip
    facts = replace(night(classes={"ham": 200, "spam": 600}), fingerprints=prints)
    check = Drift(measures=("class_balance",))

    assert not check.check(facts).passed
    assert check.check(replace(facts, past=(*accepted, *PAST[:4]))).passed


def test_the_median_forgives_one_odd_night() -> None:
    odd = Past("odd", None, report(functions=functions(link=0.0, short=0.0)), PRINTS)

    assert Drift().check(replace(night(), past=(odd, *PAST[:6]))).passed


def test_only_the_last_few_count() -> None:
    old = [replace(p, report=report(classes={"ham": 100, "spam": 700})) for p in PAST]

    assert Drift(snapshots=3).check(replace(night(), past=(*PAST[:3], *old))).passed


def test_small_snapshots_are_not_compared_nor_compared_with() -> None:
    few = {"totals": {"status": {"labeled": 50, "uncovered": 10}, "coverage": 0.8}}
    small = Past("small", None, report(**few), PRINTS)

    assert "too few to compare" in Drift().check(night(**few)).message
    assert "no baseline" in Drift().check(replace(night(), past=(small,) * 7)).message


def test_what_chance_can_do_in_few_rows_does_not_fail() -> None:
    few = {"status": {"labeled": 100, "uncovered": 20}, "coverage": 1 - 20 / 120}
    rows = functions(link=0.3, short=0.5)
    past = [Past(f"s{n}", None, report(totals=few, functions=functions(link=0.3, short=0.5, rare=0.02)), PRINTS | {"rare": PRINT}) for n in range(7)]  # fmt: skip # noqa: E501
    facts = night(totals=few, functions=[*rows, *functions(rare=0.0)])
    facts = replace(facts, fingerprints=PRINTS | {"rare": PRINT}, past=tuple(past))

    assert Drift(measures=("coverage",)).check(facts).passed


def test_reports_without_measures_are_passed_over() -> None:
    old = tuple(replace(p, report={k: v for k, v in p.report.items() if k != "measures"})
                for p in PAST)  # fmt: skip

    assert Drift().check(replace(night(), past=old)).passed


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"snapshots": 0}, "snapshots"),
        ({"snapshots": 2}, "at_least"),
        ({"min_rows": 0}, "min_rows"),
        ({"alarm": 0}, "alarm"),
        ({"note": 0.3}, "note"),
        ({"change": -1}, "change"),
        ({"measures": ()}, "measures"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(parameters: dict[str, Any], field: str) -> None:
    with pytest.raises(BadParameter) as caught:
        Drift(**parameters)

    assert caught.value.field == field
