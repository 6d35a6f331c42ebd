"""The keys of a job file at its top level and in its sections.

Each class is one map in YAML and its fields are the keys.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from labelmill.config.key_kinds import LANGUAGE, Fraction, Name, Section, Slug, Text
from labelmill.config.keys_nested import Ready


@dataclass(frozen=True, slots=True)
class JobFile:
    """A job: what to read, how to label it, and what to write.

    Attributes:
        version: the version of the format, 1.
        name: name of the job: small letters, digits, `-`, `_` and `.`.
        task: what is labeled, and with which labels.
        source: where the rows come from.
        labeling_functions: what votes on the rows.
        description: what the job is for.
        owner: whom to ask.
        extends: configs that this one builds on, relative to this file.
        vars: values to use as `${vars.NAME}`.
        env: names of the environment variables that may be used as `${env.NAME}`.
        language: language of the texts, as an ISO code.
        seed: what all random choices hang on.
        prepare: steps that change texts or take rows out, before anything else.
        gazetteers: lists of terms, by name.
        label_model: what turns votes into labels.
        gold: rows with known labels, for the label model and its calibration; never emitted.
        refine: whether what the texts say is added to the votes: true, false or a map.
        select: which labeled rows go into the training set.
        split: how large train, dev and test are, and what keeps rows together.
        augment: steps that make more training rows.
        checks: what must hold before a snapshot is published.
        export: formats to write besides Parquet.
        execution: how the work is carried out; it never changes the output.
        record: whom a run tells of itself; it never changes the output.
        error_budget: the share of rows that may fail in each labeling function.
        output: folder of the training sets, here or at `s3://`; `data/out/<name>` where it is left
            out.
        state: folder of what is kept between runs, here or at `s3://`; `.labelmill` if left out.
    """

    version: Literal[1]
    name: Slug
    task: Section
    source: Section
    labeling_functions: Section
    description: str = ""
    owner: str = ""
    extends: Section = ()
    vars: Section = field(default_factory=dict)
    env: Section = ()
    language: Annotated[str, Field(pattern=LANGUAGE)] = "en"
    seed: Annotated[int, Field(ge=0)] = 0
    prepare: Section = ()
    gazetteers: Section = field(default_factory=dict)
    label_model: Section = field(default_factory=lambda: {"type": "majority"})
    gold: Section | None = None
    refine: Section | None = None
    select: Section = field(default_factory=dict)
    split: Section = field(default_factory=dict)
    augment: Section = ()
    checks: Section = ()
    export: Section = ()
    execution: Section = field(default_factory=dict)
    record: Section = field(default_factory=dict)
    error_budget: Fraction = 0.001
    output: Text | None = None
    state: Text | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows come from.

    Attributes:
        path: a Parquet file, a folder or a glob, here or at `s3://`.
        id: the column that tells rows apart.
        text: the column that holds the text.
        gold: the column of known labels, used to measure and never to fit.
        carry: columns to carry through to the output.
        where: an expression; rows for which it is not true are filtered.
        partition: the hive key that cuts the source into partitions.
        allow_empty: take a source without rows as done, instead of as missing.
        ready_when: what a run waits for: `{file: _SUCCESS}`, a marker in the folder of the
            partition (or of the source), or `{min_age: 30m}`, so long without a change; until
            then it ends with 4.
        on_corrupt: what becomes of a file that is empty, torn or not Parquet, or whose columns are
            others than those of most files of its partition: `fail` ends the run, `skip` leaves
            the file out and tells of it.
        max_corrupt: so many files of a partition, or of the source, may be left out; a run that
            finds more ends with 3.
    """

    path: Text
    id: Text
    text: Text
    gold: Text | None = None
    carry: tuple[Text, ...] = ()
    where: Text | None = None
    partition: Name | None = None
    allow_empty: bool = False
    ready_when: Ready | None = None
    on_corrupt: Literal["fail", "skip"] = "fail"
    max_corrupt: Annotated[int, Field(ge=0)] = 1


@dataclass(frozen=True, slots=True)
class Gold:
    """Rows with known labels, which the label model learns from and is calibrated on.

    They are prepared and voted on as the source's rows are, and never emitted. They need every
    column that a labeling function reads.

    Attributes:
        path: a Parquet file, a folder or a glob, apart from the source.
        id: the column that tells rows apart; that of the source by default.
        text: the column that holds the text; that of the source by default.
        label: the column of labels (in ner of spans); `source.gold` by default, and where there is
            none `label` (in ner `entities`).
    """

    path: Text
    id: Text | None = None
    text: Text | None = None
    label: Text | None = None


@dataclass(frozen=True, slots=True)
class GazetteerEntry:
    """A list of terms.

    Attributes:
        path: the file, relative to the project root.
        label: what its terms stand for, where the file does not say.
        case: take case as `exact`, `ignore` it, or `fold` (Unicode casefold and NFKC).
        min_length: leave out terms with fewer characters.
        stop: terms to leave out: a list, or the path of a file with one on each line.
    """

    path: Text
    label: str | None = None
    case: Literal["exact", "ignore", "fold"] = "exact"
    min_length: Annotated[int, Field(ge=1)] = 1
    stop: tuple[str, ...] | str = ()


@dataclass(frozen=True, slots=True)
class Select:
    """Which labeled rows go into the training set.

    Attributes:
        min_confidence: rows below this are left out, with status `low_confidence`.
        tie: what becomes of rows whose best labels are equally probable.
        uncovered: what becomes of rows without votes; `keep` is the default in ner.
    """

    min_confidence: Fraction = 0.0
    tie: Literal["drop", "keep"] = "drop"
    uncovered: Literal["drop", "keep"] = "drop"


@dataclass(frozen=True, slots=True)
class Split:
    """How large the splits are. They sum to 1; where any is given, the others are 0.

    Attributes:
        train: share of the rows to learn from.
        dev: share of the rows to tune on.
        test: share of the rows to measure on.
        group: what keeps rows in one split: equal `id`, `exact` text, or `near_duplicates`.
    """

    train: Fraction = 0.8
    dev: Fraction = 0.1
    test: Fraction = 0.1
    group: Literal["id", "exact", "near_duplicates"] = "exact"


@dataclass(frozen=True, slots=True)
class Execution:
    """How the work is carried out; none of it changes a byte of the output.

    Attributes:
        workers: worker processes; 0 works in the calling process. Where it is left out, a job with
            fewer than 5,000 rows is done in the calling process, and others get one process for
            every 50,000 rows (5,000 where code or models work row by row), at most one a core.
        memory_per_worker: megabytes that a worker may take before it is ended and replaced, 100 or
            more (it takes some 50 before its first row); all workers together may take 80 % of
            the machine's memory where it is left out.
        shard_rows: rows that are worked on together.
        grace: seconds in which the shards at work may be finished after SIGTERM or Ctrl-C.
        engine: where workers stand: on this machine, or with `ray` on the machines of a Ray
            cluster, which share a disk with the project and the output
            (`pip install 'labelmill[ray]'`).
        address: the Ray cluster: `auto` for the one that this machine belongs to, or
            `ray://host:10001`. Where it is left out, Ray is started on this machine for the run.
    """

    workers: Annotated[int, Field(ge=0)] | None = None
    memory_per_worker: Annotated[int, Field(ge=100)] | None = None
    shard_rows: Annotated[int, Field(ge=1)] = 20_000
    grace: Annotated[float, Field(ge=0, le=86_400)] = 30.0
    engine: Literal["local", "ray"] = "local"
    address: Text | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """Whom a run tells of itself, besides `run.json`; none of it changes a byte of the output.

    That something cannot be told never ends a run; `run.json` says so under `untold`.

    Attributes:
        prometheus: a file for Prometheus (the textfile collector of node_exporter), such as
            `/var/lib/node_exporter/comments.prom`: status, rows, seconds, the last success.
        openlineage: where OpenLineage events go (START, then COMPLETE, FAIL or ABORT): a file, to
            which each is added as a line of JSON, or a URL to which it is posted.
        token: what is sent to that URL as a bearer token; take it from the environment.
        namespace: the namespace of the job in these events.
    """

    prometheus: Text | None = None
    openlineage: Text | None = None
    token: Text | None = None
    namespace: Text = "labelmill"


@dataclass(frozen=True, slots=True)
class Refine:
    """Reading the texts: light models learn from what the label model is sure of.

    `refine: true` takes the defaults. Where the texts do not follow the votes, the labels stay
    those of the label model, and the report says so. In ner other
    spellings of names are found. Where a text can have several labels, those are read that gold
    finds clearly better so.

    Attributes:
        enabled: whether it is done.
        folds: parts that the rows are dealt into; each is judged by a model of the others. Where a
            text can have several labels, the functions of each label are dealt into them.
        rounds: how often the models are trained, each time on the labels of the round before;
            from the second one on, rows kept out are no longer strictly so. It does nothing in ner,
            nor where a text can have several labels.
        min_agreement: least agreement of texts and votes on rows kept out, from 0 (chance) to 1.
        label_uncovered: whether rows without votes are labeled by their text where it is sure.
        drop: the share of the train rows, those least to be trusted, that is taken out; not in
            ner. Where a text can have several labels, it is that of the rows of each label.
    """

    enabled: bool = True
    folds: Annotated[int, Field(ge=2, le=20)] = 5
    rounds: Annotated[int, Field(ge=1, le=10)] = 1
    min_agreement: Fraction = 0.0
    label_uncovered: bool = True
    drop: Annotated[float, Field(ge=0, lt=1)] = 0.0


SECTIONS: dict[str, type[Any]] = {
    "source": Source,
    "gold": Gold,
    "refine": Refine,
    "select": Select,
    "split": Split,
    "execution": Execution,
    "record": Record,
}
"""The sections that are one map without types."""
