"""Score every label model on every set with votes, and end models on what jobs emit.

    python -m benchmarks.quality [--json] [--split valid] [--write] [--no-end]

Each label model is fitted at its defaults on the votes of the train part of a set, and scored on
the test part as the published tables do it: accuracy, or the F1 of a label, where a tie and a row
without votes go to one of the tied labels by a hash of the row's number; for spans entity F1 with
exact bounds. A model *with gold* may also read the labels of the valid part. With `--split valid`
the valid part is scored instead (and each half of it is gold for the other), which is what choices
are made on.

`youtube` comes with its parts. Of `sms` and `imdb`, which do not, `sha1(text) % 5` is 0 for test
and 1 for valid. An end model is trained on the train split that a job emits for such a corpus, or
on gold labels of the same rows, and scored on the rows that were kept out. Whether the job of a
corpus refines is chosen as its author would: by which end model is better on the valid rows, which
then take no part in training. The claim has the end model of the job so chosen; both are told.

The claim is the mean over sets of the model that is left on `auto`, held against the mean of the
best of the peers (majority vote, snorkel and skweak). `--write` keeps the result in
docs/benchmarks/quality.json, and writes tables and pictures into docs/results.md. `--quick` scores
the valid part, so that nobody sees the test rows by the way.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.hmm import muffled
from benchmarks.measure import Claim, corpora, machine, options_of, report
from benchmarks.projects import Project
from benchmarks.quality_end import JOBS, EndJob, end_scores
from benchmarks.quality_models import Found, Model, default_type, models, scored
from benchmarks.quality_sets import SEED, SpanSet, Split, span_sets, text_sets
from threadpoolctl import threadpool_limits

from benchmarks import quality_page

PEERS = ("majority", "snorkel", "skweak_hmm")
QUICK, QUICK_SPANS = 300, 60
"""So many texts of each part are enough to see that all of it works."""
QUICK_MODELS = ("majority", "lift", "hmm")
TOLD = {
    "youtube": ("youtube", ""),
    "youtube_gold": ("youtube", "gold"),
    "youtube_refined": ("youtube", "refined"),
    "laptop": ("ner_laptop BIO", ""),
    "laptop_refined": ("ner_laptop BIO", "refined"),
    "ncbi": ("ner_ncbi BIO", ""),
    "ncbi_refined": ("ner_ncbi BIO", "refined"),
}
"""Fields of the claim: the set, and what the default model reads besides votes."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of this benchmark alone."""
    parser.add_argument("--split", choices=("valid", "test"), default="test")
    parser.add_argument("--write", action="store_true", help="write docs/results.md")
    parser.add_argument("--no-end", action="store_true", help="leave the end models out")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it."""
    options = options_of(__doc__, arguments, add_options)
    n_rows = QUICK if options.quick else None
    split: Split = "valid" if options.quick else options.split
    with TemporaryDirectory() as folder, threadpool_limits(1):
        project = Project.at(Path(folder) / "project", corpora())
        claim = claim_of(measured(project, split, n_rows, ends=not options.no_end))
    if options.write and not options.quick:
        kept = json.dumps({**claim.plain(), "machine": machine()}, indent=1)
        quality_page.KEPT.write_text(kept + "\n", "utf-8")
        quality_page.write(quality_page.kept())
    return report(claim, options, extra=quality_page.page_text(claim.plain()))


def measured(project: Project, split: Split, n_rows: int | None, *, ends: bool) -> dict[str, Any]:
    """All that is told, as plain data."""
    quick = n_rows is not None
    known = quality_page.published(project.corpora)
    facts: dict[str, Any] = {"split": split}
    facts["texts"] = _kind(
        text_sets(project, n_rows), models("document"), split, known, quick=quick
    )
    n_spans = QUICK_SPANS if quick else None
    facts["spans"] = _kind(span_sets(project, n_spans), models("span"), split, known, quick=quick)
    facts["end_models"] = [_ends(project, job, split, n_rows) for job in (JOBS if ends else ())]
    return facts


def claim_of(facts: Mapping[str, Any]) -> Claim:
    """What is held against what."""
    ours, peer = 0.0, 0.0
    for kind, unit in (("texts", "document"), ("spans", "span")):
        published = [name for name, each in facts[kind]["sets"].items() if _counts(name, each)]
        mean = quality_page.means({n: _plain(facts[kind]["sets"][n]) for n in published})
        ours += mean[default_type(unit)] / 2
        peer += max(mean[name] for name in PEERS if name in mean) / 2
    more: dict[str, Any] = {}
    for field, (name, besides) in TOLD.items():
        kind, unit = ("spans", "span") if " " in name else ("texts", "document")
        model = default_type(unit) + (f", {besides}" if besides else "")
        found = facts[kind]["sets"][name]["scores"].get(model)
        more |= {} if found is None else {field: found["score"]}
    for row in facts["end_models"]:
        more[f"{row['name']}_end"] = row["scores"][row["chosen"]]
        more[f"{row['name']}_end_gold"] = row["scores"]["gold"]
    return Claim("quality", ours, peer, "percent", ours / peer, **more, **facts)


def _kind(
    sets: Any, every: Sequence[Model], split: Split, known: Mapping[str, Any], *, quick: bool
) -> dict[str, Any]:
    """Every model on every set of texts, or of spans."""
    chosen = [m for m in every if not quick or m.type in (*QUICK_MODELS, "auto")]
    told = {}
    for found in sets:
        name = f"{found.name} {found.tags}" if isinstance(found, SpanSet) else found.name
        told[name] = _set(found, chosen, split, known)
        print(f"{name} done", file=sys.stderr)
    plain = {name: _plain(each) for name, each in told.items()}
    return {"sets": told, "mean": quality_page.means(plain), "rank": quality_page.ranks(plain)}


def _set(
    found: Found, every: Sequence[Model], split: Split, known: Mapping[str, Any]
) -> dict[str, Any]:
    scores = {}
    for model in every:
        with muffled():
            score = scored(found, model, split)
        if score is not None:
            scores[model.name] = asdict(score)
    column = found.published or getattr(found, "alike", None)
    return {
        "rows": len(found.part(split)),
        "scores": scores,
        "published": known.get(column or "", {}),
        "same_rows": found.published is not None and split == "test",
    }


def _plain(each: Mapping[str, Any]) -> dict[str, float]:
    return {name: score["score"] for name, score in each["scores"].items()}


def _counts(name: str, each: Mapping[str, Any]) -> bool:
    """Whether a set counts in the claim: spans once, in the scheme of the published tables."""
    return not name.endswith(" IO") and bool(each["scores"])


def _ends(project: Project, job: EndJob, split: Split, n_rows: int | None) -> dict[str, Any]:
    """End models of a job, and which of its forms is chosen on the valid rows."""
    default = default_type("document")
    forms: dict[str, dict[str, Any]] = {
        default: {"label_model": _type(default)},
        f"{default}, refined": {"label_model": _type(default), "refine": True},
    }
    types = dict.fromkeys(("majority", "dawid_skene", "lift", default))
    every: dict[str, dict[str, Any]] = {each: {"label_model": _type(each)} for each in types}
    scores = end_scores(project, job, every | forms, split, n_rows)
    valid = scores if split == "valid" else end_scores(project, job, forms, "valid", n_rows)
    return {
        "name": job.name,
        "metric": job.metric,
        "scores": scores,
        "valid": {name: valid[name] for name in forms},
        "chosen": chosen(valid, tuple(forms)),
    }


def chosen(valid: Mapping[str, float], forms: Sequence[str]) -> str:
    """The form of a job whose end model is best on the valid rows; the first, if none is better.

    Example:
        >>> chosen({"auto": 80.0, "auto, refined": 80.0, "gold": 90.0}, ("auto", "auto, refined"))
        'auto'
    """
    return max(forms, key=lambda name: valid[name])


def _type(name: str) -> dict[str, Any]:
    return {"type": name, "seed": SEED}


if __name__ == "__main__":
    sys.exit(main())
