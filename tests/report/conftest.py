"""Reports as a run writes them: one of a classification job, one of a ner job."""

from typing import Any

import pytest


@pytest.fixture
def comments() -> dict[str, Any]:
    """The report of a classification job with gold, augmentation, exports and checks."""
    return {
        "schema_version": 1,
        "job": "video-comments",
        "task": "classification",
        "labels": ["ham", "spam"],
        "partition": "2026-11-21",
        "label_model": _label_model("dawid_skene", 7)
        | {
            "calibration": {
                "temperature": 1.6238,
                "items": 120,
                "error_before": 0.0834,
                "error_after": 0.0312,
            }
        },
        "totals": {
            "rows_in": 1956,
            "filtered": 96,
            "status": {
                "error": 2,
                "labeled": 1402,
                "low_confidence": 61,
                "tie": 15,
                "uncovered": 380,
            },
            "coverage": 0.7954,
            "labeled": 0.7545,
        },
        "filtered": {"drop_duplicates: exact duplicate": 90, "drop_empty: no text": 6},
        "functions": [
            _function(
                "link", "regex", ["spam"], 310, 0.1668, correct=301, incorrect=9, weight=0.97
            ),
            _function("begging", "keyword", ["spam"], 420, 0.226, correct=398, incorrect=22),
            _function("short", "expression", ["ham"], 611, 0.3288, correct=210, incorrect=401),
            _function("mood", "lexicon", ["ham", "spam"], 300, 0.1615, correct=250, errors=3),
            _function("old_rule", "snorkel", [], 0, 0.0, weight=0.5),
        ],
        "conflicts": [
            {"a": "short", "b": "begging", "items": 88},
            {"a": "short", "b": "link", "items": 14},
        ],
        "classes": {"ham": 691, "spam": 711},
        "confidence": [0, 0, 0, 0, 0, 15, 61, 120, 303, 979],
        "splits": {"train": 1120, "dev": 141, "test": 141},
        "augmented": {"made": {"typos": 336}, "dropped": {"typos: nothing changed": 4}},
        "spans_lost": 0,
        "gold": {
            "right": 1290,
            "wrong": 112,
            "accuracy": 0.9201,
            "confusion": [
                {"gold": "ham", "label": "ham", "texts": 640},
                {"gold": "ham", "label": "spam", "texts": 61},
                {"gold": "spam", "label": "ham", "texts": 51},
                {"gold": "spam", "label": "spam", "texts": 650},
            ],
        },
        "exports": {
            "huggingface": {
                "train": {"written": 1456, "left_out": {}},
                "dev": {"written": 141, "left_out": {}},
            },
            "openai_chat": {"train": {"written": 1450, "left_out": {"over 4,096 tokens": 6}}},
        },
        "samples": [
            {
                "id": "c-17",
                "status": "labeled",
                "text": "Check out <b>my</b> channel\nplease & subscribe!",
                "label": "spam",
                "confidence": 0.9876,
                "votes": [
                    {"lf": "begging", "label": "spam", "start": 0, "end": 46},
                    {"lf": "short", "label": "ham", "start": 0, "end": 46},
                ],
                "entities": [],
            },
            {
                "id": "c-99",
                "status": "uncovered",
                "text": "أغنية جميلة \x00 جدا",
                "label": None,
                "confidence": None,
                "votes": [],
                "entities": [],
            },
        ],
        "checks": [
            _check("coverage", passed=True, message="0.795 of rows have a vote (at least 0.5)"),
            _check("class_balance", passed=False, message="ham drifted by 0.31 (at most 0.2)"),
        ],
    }


@pytest.fixture
def news() -> dict[str, Any]:
    """The report of a ner job with gold and nothing else."""
    spans = {"precision": 0.8, "recall": 0.5, "f1": 0.6154}
    return {
        "schema_version": 1,
        "job": "company-news",
        "task": "ner",
        "labels": ["ORG", "PERSON", "MONEY"],
        "partition": None,
        "label_model": _label_model("hmm", 13),
        "totals": {
            "rows_in": 40,
            "filtered": 0,
            "status": {"labeled": 31, "uncovered": 9},
            "coverage": 0.775,
            "labeled": 0.775,
        },
        "filtered": {},
        "functions": [
            _function("known_company", "gazetteer", ["ORG"], 40, 0.6, correct=32, incorrect=8)
            | spans,
            _function("somebody", "token_pattern", ["ORG|PERSON"], 9, 0.2) | spans,
        ],
        "conflicts": [],
        "classes": {"ORG": 41, "PERSON": 18, "MONEY": 7},
        "confidence": [0, 0, 0, 0, 0, 0, 1, 2, 8, 29],
        "splits": {"train": 32, "dev": 4, "test": 4},
        "augmented": {"made": {}, "dropped": {}},
        "spans_lost": 2,
        "gold": {
            "right": 60,
            "found": 66,
            "wanted": 80,
            "precision": 0.909,
            "recall": 0.75,
            "f1": 0.8219,
            "calibration_error": 0.0412,
            "reliability": [
                {"from": 0.8, "to": 0.8667, "items": 22, "confidence": 0.84, "accuracy": 0.8},
                {"from": 0.9333, "to": 1.0, "items": 44, "confidence": 0.97, "accuracy": 0.95},
            ],
        },
        "exports": {},
        "samples": [
            {
                "id": "d1",
                "status": "labeled",
                "text": "Acme Ltd paid Jane Doe $5 million, said Acme Ltd.",
                "label": None,
                "confidence": 0.912,
                "votes": [{"lf": "known_company", "label": "ORG", "start": 0, "end": 8}],
                "entities": [
                    {"start": 0, "end": 8, "label": "ORG"},
                    {"start": 14, "end": 22, "label": "PERSON"},
                    {"start": 23, "end": 33, "label": "MONEY"},
                ],
            }
        ],
        "checks": [],
    }


def _function(  # noqa: PLR0917
    name: str,
    kind: str,
    polarity: list[str],
    votes: int,
    coverage: float,
    correct: int = 0,
    incorrect: int = 0,
    weight: float | None = 0.8,
    errors: int = 0,
) -> dict[str, Any]:
    judged = correct + incorrect
    return {
        "lf": name,
        "type": kind,
        "polarity": polarity,
        "votes": votes,
        "coverage": coverage,
        "overlaps": coverage / 2,
        "conflicts": coverage / 5,
        "correct": correct,
        "incorrect": incorrect,
        "empirical_accuracy": correct / judged if judged else None,
        "weight": weight,
        "errors": errors,
    }


def _check(name: str, *, passed: bool, message: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": name,
        "severity": "warn",
        "passed": passed,
        "value": 0.5,
        "message": message,
    }


def _label_model(type_: str, seed: int) -> dict[str, Any]:
    return {
        "type": type_,
        "seed": seed,
        "asked": type_,
        "used": type_,
        "why": "it was asked for",
        "findings": [],
        "tried": [],
    }
