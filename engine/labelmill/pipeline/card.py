"""What the dataset card of a snapshot says, gathered from the plan and the report."""

from collections.abc import Mapping
from typing import Any

from labelmill import __version__
from labelmill.core.protocols import Task
from labelmill.export.card import CardFacts
from labelmill.pipeline.plan import Plan


def card_facts(plan: Plan, report: Mapping[str, Any], fingerprints: Mapping[str, str]) -> CardFacts:
    """Facts for the card; all of them follow from the input, the plan and the fitted model."""
    job = plan.job
    task: Task = job.task.kind
    status = dict(report["totals"]["status"])
    if report["totals"]["filtered"]:
        status["filtered"] = report["totals"]["filtered"]
    written = {
        name: {split: count["written"] for split, count in splits.items()}
        for name, splits in report["exports"].items()
    }
    return CardFacts(
        job=job.name,
        task=job.task.type,
        unit=task.unit,
        language=job.language,
        labels=tuple(report["labels"]),
        label_model=report["label_model"]["type"],
        rows_in=report["totals"]["rows_in"],
        status=status,
        classes=report["classes"],
        splits=report["splits"],
        input=fingerprints["input"],
        plan=fingerprints["plan"],
        model=fingerprints["model"],
        seed=job.seed,
        version=__version__,
        description=job.description,
        definitions=task.definitions(),
        functions=report["functions"],
        augmented=report["augmented"]["made"],
        exports={spec.name: spec.type for spec in job.export},
        written=written,
        multi_label=report["multi_label"],
        checks=[row | {"check": row["name"]} for row in report["checks"]],
    )
