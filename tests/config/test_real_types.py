"""The config reader with every type that labelmill has."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from ruamel.yaml import YAML

from labelmill import kinds
from labelmill.config import load
from labelmill.config.explain import explain
from labelmill.config.schema import json_schema
from labelmill.core.registry import REGISTRIES

NEWS = """\
version: 1
name: company-news
task: {type: ner, labels: [ORG, PERSON, MONEY], overlap: longest}
source: {path: data/demo/news, id: doc_id, text: body, gold: entities}
gazetteers:
  companies: {path: companies.csv, label: ORG, case: fold, min_length: 3}
labeling_functions:
  - {name: known_company, type: gazetteer, gazetteer: companies, should: ['[Acme Ltd] rose']}
  - {name: money, type: regex, label: MONEY, pattern: '(?:USD|EUR|\\$|€)\\s?\\d[\\d,.]*'}
  - {name: legal_form, type: token_pattern, label: ORG,
     patterns: [[{IS_TITLE: true, OP: '+'}, {LOWER: {IN: [inc, ltd, gmbh]}}]]}
  - {name: somebody, type: token_pattern, label: {one_of: [ORG, PERSON]},
     patterns: [[{IS_TITLE: true, OP: '+'}, {LOWER: {IN: [said, told]}}]]}
  - {name: same_document, type: document_majority, reads: [known_company, money]}
augment:
  - {name: other_companies, type: entity_swap, only: [ORG], gazetteer: companies, fraction: 0.5}
  - {name: typos, type: nlpaug, augmenter: char.OcrAug, fraction: 0.1, protect: entities}
export: [{type: spacy}, {type: conll, scheme: BIO}, {type: huggingface}]
"""
REVIEWS = """\
version: 1
name: product-reviews
task: {type: sentiment, labels: [negative, neutral, positive]}
source: {path: data/demo/reviews, id: review_id, text: text, where: "lang == 'en'"}
prepare: [{type: unicode, form: NFC}, {type: drop_empty}, {type: drop_duplicates}]
labeling_functions:
  - {name: many_stars, type: expression, label: positive, when: 'stars >= 4'}
  - {name: vader, type: lexicon, lexicon: vader,
     labels: {negative: '<= -0.4', neutral: '-0.1 .. 0.1', positive: '>= 0.4'}}
  - {name: refund, type: regex, label: negative, pattern: '\\brefund(ed)?\\b|never (again|buy)'}
  - {name: wrench, type: votes, column: votes, functions: [a, b], labels: [negative, positive]}
label_model: {type: majority, class_balance: {negative: 0.3, neutral: 0.2, positive: 0.5}}
select: {min_confidence: 0.7}
checks: [{type: coverage, min: 0.5}, {type: class_balance, max_drift: 0.2, severity: warn}]
export: [{type: huggingface}, {type: openai_chat, system: What is the sentiment?}]
"""


@pytest.fixture(scope="module", autouse=True)
def all_types() -> None:
    kinds.register_all()


@pytest.mark.parametrize(("text", "functions"), [(NEWS, 5), (REVIEWS, 5)])
def test_a_config_of_each_kind_is_read(tmp_path: Path, text: str, functions: int) -> None:
    (tmp_path / "companies.csv").write_text("term\nAcme\n")
    path = tmp_path / "job.yaml"
    path.write_text(text)

    job = load(path, env={})

    assert len(job.functions) == functions
    assert json.loads(json.dumps(job.resolved.public)) == job.resolved.public


@pytest.mark.parametrize("text", [NEWS, REVIEWS])
def test_the_schema_takes_a_config_of_each_kind(text: str) -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    data: Any = YAML(typ="safe", pure=True).load(text)

    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(data))

    assert [error.message for error in errors] == []


def test_every_type_says_what_it_and_its_keys_do() -> None:
    helps = [explain(key, name) for key, types in REGISTRIES.items() for name in types]

    assert len(helps) >= 40
    for found in helps:
        assert re.fullmatch(r"[A-Z].*[.]", found.summary), found.name
        assert found.example, found.name
        assert [key.name for key in found.fields if not key.description] == [], found.name
