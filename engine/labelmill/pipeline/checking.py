"""The check stage: every declared check looks at the snapshot before it is published."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from labelmill.config.spec import Job
from labelmill.core.facts import Facts, Past, SourceFacts
from labelmill.core.hiding import hidden_in
from labelmill.errors import BadParameter
from labelmill.io.source import schema_of
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.checks_gold import agreement_with_gold, gold_texts
from labelmill.pipeline.fingerprint import function_fingerprints
from labelmill.pipeline.history import partitions_before, snapshots_before
from labelmill.pipeline.infer import ShardSummary
from labelmill.pipeline.leaks import find_leaks, find_near_duplicates
from labelmill.pipeline.plan import PartitionPlan, Plan
from labelmill.pipeline.tables import SnapshotTables
from labelmill.pipeline.works import FittedFiles


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found."""

    name: str
    type: str
    severity: str
    passed: bool
    value: float
    message: str

    @property
    def told(self) -> str:
        """The finding as a sentence."""
        return f"check '{self.name}': {self.message}"

    def row(self) -> dict[str, Any]:
        """The finding as plain data."""
        return {
            "name": self.name,
            "type": self.type,
            "severity": self.severity,
            "passed": self.passed,
            "value": self.value,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Subject:
    """A snapshot that is about to be checked, and all that belongs to it.

    `folder` is where it was made, `work` where the run keeps what it works with.
    """

    bound: BoundJob
    plan: Plan
    part: PartitionPlan
    snapshot: str
    folder: Path
    output: Path
    work: Path
    files: FittedFiles
    summary: ShardSummary
    report: Mapping[str, Any]

    @property
    def job(self) -> Job:
        """The job."""
        return self.plan.job

    def any_looks(self, what: str) -> bool:
        """Whether a check looks at something that is worked out only then."""
        return any(getattr(spec.kind, what, False) for spec in self.job.checks)


def carry_out_checks(subject: Subject) -> list[CheckResult]:
    """Let every check of a job look at a snapshot."""
    if not subject.job.checks:
        return []
    facts = facts_of(subject)
    results = []
    for spec in subject.job.checks:
        try:
            found = spec.kind.check(facts)
        except BadParameter as error:
            field = f"checks[{spec.name}].{error.field}"
            raise BadParameter(field, error.message, code=error.code) from error
        # A check of one's own may say what it was given.
        told = hidden_in(found.message, subject.job.resolved.hidden)
        results.append(
            CheckResult(spec.name, spec.type, spec.severity, found.passed, found.value, told)
        )
    return results


def facts_of(subject: Subject) -> Facts:
    """What checks look at."""
    job, summary, report = subject.job, subject.summary, subject.report
    gone = sum(summary.filtered.values())
    tables = SnapshotTables(subject.folder)
    files = subject.part.files if subject.any_looks("looks_at_source") else ()
    schemas = {file.name: schema_of(file) for file in files if file.rows}
    return Facts(
        rows_in=summary.rows_in,
        status=dict(Counter(summary.status)) | {"filtered": gone},
        classes=report["classes"],
        splits=dict(summary.splits),
        leaks=find_leaks(subject.folder) if subject.any_looks("looks_for_leaks") else (),
        functions={row["lf"]: row for row in report["functions"]},
        multi_label=subject.bound.multi_label,
        filtered=dict(summary.filtered),
        quarantined=summary.quarantined,
        report=report,
        tables=tables,
        root=job.root,
        source=SourceFacts(job.source.id, job.source.text, schemas),
        fingerprints=function_fingerprints(job) if subject.any_looks("looks_back") else {},
        past=_past(subject),
        gold_texts=partial(gold_texts, subject.bound, subject.plan, subject.work),
        gold_of_job=partial(
            agreement_with_gold, subject.bound, subject.plan, subject.work, subject.files.model
        ),
        near=find_near_duplicates(tables) if subject.any_looks("looks_for_near") else None,
    )


def _past(subject: Subject) -> tuple[Past, ...]:
    """As many of the snapshots before as checks ask for."""
    job = subject.job
    most = max((getattr(spec.kind, "looks_back", 0) for spec in job.checks), default=0)
    if not most:
        return ()
    if subject.part.value is not None and job.source.partition is not None:
        return partitions_before(subject.output, subject.part.value, most)
    return snapshots_before(subject.output, subject.snapshot, most)
