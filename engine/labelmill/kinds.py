"""The contents page: every type, and the module that registers it under its own name."""

from importlib import import_module

from labelmill.core.registry import REGISTRIES

MODULES = (
    "labelmill.prepare.unicode",
    "labelmill.prepare.whitespace",
    "labelmill.prepare.drop_empty",
    "labelmill.prepare.drop_long",
    "labelmill.prepare.drop_duplicates",
    "labelmill.tasks.classification",
    "labelmill.tasks.sentiment",
    "labelmill.tasks.ner",
    "labelmill.functions.keyword",
    "labelmill.functions.regex",
    "labelmill.functions.gazetteer",
    "labelmill.functions.lexicon",
    "labelmill.functions.expression",
    "labelmill.functions.column",
    "labelmill.functions.votes",
    "labelmill.functions.token_pattern",
    "labelmill.functions.python",
    "labelmill.functions.snorkel",
    "labelmill.functions.skweak",
    "labelmill.functions.spacy",
    "labelmill.functions.sklearn",
    "labelmill.functions.document_majority",
    "labelmill.functions.near",
    "labelmill.functions.span_filter",
    "labelmill.aggregate.auto",
    "labelmill.aggregate.majority",
    "labelmill.aggregate.weighted",
    "labelmill.aggregate.dawid_skene",
    "labelmill.aggregate.lift",
    "labelmill.aggregate.triplet",
    "labelmill.aggregate.snorkel",
    "labelmill.aggregate.hmm",
    "labelmill.aggregate.skweak_hmm",
    "labelmill.aggregate.fitted",
    "labelmill.augment.nlpaug",
    "labelmill.augment.synonym",
    "labelmill.augment.entity_swap",
    "labelmill.augment.word_dropout",
    "labelmill.augment.python",
    "labelmill.augment.snorkel",
    "labelmill.checks.row_count",
    "labelmill.checks.coverage",
    "labelmill.checks.class_balance",
    "labelmill.checks.leakage",
    "labelmill.checks.schema",
    "labelmill.checks.unique_ids",
    "labelmill.checks.null_text",
    "labelmill.checks.conflict",
    "labelmill.checks.abstain_rate",
    "labelmill.checks.error_budget",
    "labelmill.checks.span_validity",
    "labelmill.checks.drift",
    "labelmill.checks.gold_agreement",
    "labelmill.checks.end_model",
    "labelmill.checks.python",
    "labelmill.export.jsonl",
    "labelmill.export.huggingface",
    "labelmill.export.spacy",
    "labelmill.export.conll",
    "labelmill.export.csv",
    "labelmill.export.openai_chat",
)


SECTIONS = {
    "prepare": "prepare",
    "tasks": "task",
    "functions": "labeling_functions",
    "aggregate": "label_model",
    "augment": "augment",
    "checks": "checks",
    "export": "export",
}
"""The config key under which the types of each package stand."""


def announce_all() -> None:
    """Let every type be known by its name; its module is imported when it is asked for.

    Most jobs use few of the types, and to import all takes longer than to read such a job.
    """
    for module in MODULES:
        _, wing, name = module.split(".")
        REGISTRIES[SECTIONS[wing]].expect(name, module)


def register_all() -> None:
    """Import every module that registers a type; again changes nothing."""
    for module in MODULES:
        import_module(module)
