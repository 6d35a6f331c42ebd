"""The scan finds exactly what `re` finds, whatever the pattern and the text."""

import os
import pickle  # noqa: TID251 (in memory, as processes hand over what they compiled)
import re
import sys
import threading
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from benchmarks.differential import round_of
from benchmarks.random_patterns import random_alphabet, random_pattern, random_text
from hypothesis import given, settings
from hypothesis import strategies as st

from labelmill.text.scan import Kit, Probe, Scan, automaton, databases, scan, slow_here
from labelmill.text.scan.databases import hyperscan
from labelmill.text.scan.joined import joined

TEXTS = (
    "",
    "a",
    "ab",
    "ba ab",
    "a\n",
    "\na",
    "a\nb\n",
    "a\x00b",
    "\x00",
    "\x00\x00",
    "a\x1cb",
    "a\x1fb",
    "a\x85b",
    "a\xa0b",
    "a\u2028b",
    "a\xffb",
    "k K \u212a",
    "s S \u017f",
    "i I \u0130 \u0131",
    "ß ẞ ss SS",
    "σ ς Σ",
    "ﬁ fi ﬀ",
    "e\u0301 é",
    "١٢٣ ४५ 12",
    "中文字",
    "\U0001f600 \U0001f1e9\U0001f1ea",
    "مرحبا بالعالم",
    "_a_",
    "aaaa",
    "abab",
    "a-b a.b a\\b [a] {a} (a)",
    "x" * 100 + "y",
    "  \t ",
    "foo bar, foobar\nbar",
)
TRAPS = (
    r"a\x00b",
    r"\x00",
    "a\x00",
    r"a\sb",
    r"[^\S]",
    r"a.b",
    r"(?s:a.b)",
    r".",
    r"[^a]",
    r"[^\xff]",
    "\xff",
    r"a\Z",
    r"a$",
    r"(?m)a$",
    r"^a",
    r"(?m)^b",
    r"\Aa",
    r"$",
    r"^",
    r"^$",
    r"(?m)^$",
    r"\Z",
    r"$\n",
    r"a$\n?",
    r"\bfoo\b",
    r"\Bbar\b",
    r"\b",
    r"\B",
    r"a\b.",
    r"(?<!\w)a(?!\w)",
    r"(?<=\s)b",
    r"(?<![a-z])b",
    r"foo(?=bar)",
    r"foo(?!bar)",
    r"(?=.*a)(?=.*b)",
    r"(?<=ab)a",
    r"(?<!ba )ab",
    r"(?i)k",
    r"(?i)s",
    r"(?i)i",
    r"(?i)\u0130",
    r"(?i)\u0131",
    r"(?i)ß",
    r"(?i)σ",
    r"(?ia)k",
    r"(?i)[j-l]",
    r"(?i)[^k]",
    r"(?i:K)b?|ba",
    r"(?-i:a)b",
    r"\d+",
    r"(?a)\d",
    r"\w\w\w",
    r"(?a:\w)",
    r"(?a:\W)a",
    r"\W",
    r"(a+)+b",
    r"(?:a*)*b",
    r"(?:a|ab)(?:c|bab)",
    r"a{,3}b",
    r"a{3}",
    r"a{150,}",
    r"a{0,300}b",
    r"x{99}y",
    r"x{101}y",
    r"(?:ab){2}",
    r"[[:alpha:]]",
    r"\\b",
    r"\{a\}",
    r"(a)\1",
    r"(?i)(a)\1",
    r"(a)?(?(1)b|c)",
    r"(?>a+)b",
    r"a++b",
    r"(?>a*)a",
    r"a|",
    r"(?:)",
    r"a*",
    r"(?!)",
    r"[^\s\S]",
    r"(?x) a  b # c",
    r"(?x)a\ b",
    "(?:foo|bar)(?:\\W|$)",
    "(?:^|\\W)foo",
    "( |^)(foo|foo)[^\\w]*( |$)",
    r"é",
    r"[à-ÿ]",
    r"中",
    r"[一-龥]+",
    "\U0001f600",
    "\u0301",
    r"\u2028",
)


def differences(
    probes: list[Probe], texts: list[str], kit: Kit | None = None
) -> list[tuple[str, str]]:
    found = Scan(probes, worthwhile_bytes=0, kit=kit).search(pa.array(texts, pa.string()))
    meant = {
        probe: [doc for doc, text in enumerate(texts) if probe.stands_in(text)] for probe in probes
    }
    assert not found.overdue
    return [
        (probe.pattern.pattern, texts[doc])
        for probe in probes
        for doc in set(meant[probe]) ^ set(found.docs[probe].tolist())
    ]


@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")
@pytest.mark.parametrize("flags", [0, re.IGNORECASE, re.MULTILINE, re.DOTALL | re.IGNORECASE])
@pytest.mark.parametrize("folded", [False, True])
def test_every_trap_is_passed(flags: int, folded: bool) -> None:
    probes = [Probe(re.compile(pattern, flags), folded) for pattern in TRAPS]

    assert differences(probes, list(TEXTS)) == []


def handed_over(probes: list[Probe]) -> Kit:
    """A kit as another process gets it."""
    kit = pickle.loads(pickle.dumps(Scan(probes).kit()))  # noqa: S301 (its own bytes)
    assert isinstance(kit, Kit)
    return kit


@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")
@pytest.mark.parametrize("flags", [0, re.IGNORECASE])
def test_what_another_process_compiled_finds_the_same(
    flags: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    probes = [Probe(re.compile(pattern, flags), len(pattern) % 3 == 0) for pattern in TRAPS]
    kit = handed_over(probes)
    plain = [text for text in TEXTS if text.isascii()]
    compiled: list[int] = []
    compile_ = databases.compiled_of

    def noted(*given: Any) -> Any:
        compiled.append(1)
        return compile_(*given)

    monkeypatch.setattr(automaton, "compiled_of", noted)

    assert differences(probes, plain, kit) == []
    assert compiled == []
    assert differences(probes, list(TEXTS), kit) == []
    assert compiled


@given(st.lists(st.text(), max_size=8))
@settings(max_examples=60, deadline=None)
def test_what_another_process_compiled_reads_any_text_rightly(texts: list[str]) -> None:
    assert differences(PATTERNS, texts, KIT) == []


def test_a_kit_for_other_probes_is_not_used() -> None:
    kit = handed_over([Probe(re.compile("a")), Probe(re.compile("b"))])

    assert differences([Probe(re.compile("b")), Probe(re.compile("a"))], ["b", "ab"], kit) == []


def test_probes_that_another_process_could_not_compile_are_left_to_re() -> None:
    parts = [databases.Expression(b"a(", 0), databases.Expression(b"c", 1)]

    made = automaton.Automaton(parts, automaton.Automaton(parts).compiled())

    assert made.refused == {0}
    assert made.search(joined(pa.array(["c", "a"])))[1].tolist() == [0]


@pytest.mark.parametrize("pattern", TRAPS)
@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")
def test_every_trap_is_passed_alone(pattern: str) -> None:
    assert differences([Probe(re.compile(pattern))], list(TEXTS)) == []


def test_long_repeats_are_counted_by_re() -> None:
    probes = [Probe(re.compile(p)) for p in ("a{150,}", "a{201}", "^a{199}b?a$", "(?:aa){100}$")]

    assert differences(probes, ["a" * n for n in range(145, 205)]) == []


def test_a_hundred_thousand_random_pairs_are_alike() -> None:
    assert round_of(20261122) == []


@pytest.mark.slow
def test_many_more_random_pairs_are_alike() -> None:
    rounds = int(os.environ.get("LABELMILL_ROUNDS", "10"))

    assert [round_of(seed) for seed in range(1, rounds + 1)] == [[] for _ in range(rounds)]


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_any_pattern_is_found_where_re_finds_it(data: st.DataObject) -> None:
    def choose(below: int) -> int:
        return data.draw(st.integers(0, below - 1))

    alphabet = random_alphabet(choose, 4)
    probes = [Probe(random_pattern(choose, alphabet)) for _ in range(2)]
    texts = [random_text(choose, alphabet, 6) for _ in range(4)]

    assert differences(list(dict.fromkeys(probes)), texts) == []


@given(st.lists(st.text(), max_size=8))
@settings(max_examples=60, deadline=None)
def test_any_text_is_read_rightly(texts: list[str]) -> None:
    assert differences(PATTERNS, texts) == []


PATTERNS = [
    Probe(re.compile(pattern, re.IGNORECASE))
    for pattern in (r"\w\b", r"\s", r"[^\W\d]{2}", r"k|ß", r"\d$", r"^\W", r"\u0301", "[a-é]")
]
KIT = handed_over(PATTERNS)


def test_probes_read_text_by_text_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automaton, "SECTION_BYTES", 0)
    monkeypatch.setattr(automaton, "GIANT_BYTES", 0)

    assert round_of(7, 50, 100) == []


def test_small_sections_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automaton, "SECTION_BYTES", 8)

    assert round_of(8, 50, 100) == []


def test_a_probe_that_matches_everywhere_is_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automaton, "SECONDS_PER_MATCH", 1.0)
    texts = ["many letters and 1 digit", "ßßß ß", "", "1", "nothing else"] * 40

    assert (
        differences([Probe(re.compile(p)) for p in (r"\w", r"\d", "letters", "[^a]")], texts) == []
    )


def test_more_characters_than_bytes_are_told_apart_by_re() -> None:
    words = [chr(0x4E00 + i) + chr(0x5E00 + 7 * i) for i in range(600)]
    texts = [f"{a} {b}" for a, b in zip(words, words[::-1], strict=True)] + words

    assert differences([Probe(re.compile(word)) for word in words], texts) == []


@pytest.mark.parametrize("n_words", [200, pytest.param(2000, marks=pytest.mark.slow)])
def test_words_that_begin_alike(n_words: int) -> None:
    words = ["a" * n for n in range(1, 40)] + [f"word{i}" for i in range(n_words - 39)]
    probes = [Probe(re.compile(rf"\b{word}\b")) for word in words]
    texts = [f"{words[i]} {words[-i]}x" for i in range(1, n_words, 20)]

    assert differences(probes, texts) == []


def test_an_expression_that_is_refused_spoils_no_other() -> None:
    parts = [
        databases.Expression(b"ab", 0),
        databases.Expression(b"a(", 1),
        databases.Expression(b"c", 2),
    ]

    assert automaton.Automaton(parts).refused == {1}


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())]
)
def test_any_array_of_strings_can_be_read(kind: pa.DataType) -> None:
    probe = Probe(re.compile("b"))
    texts = pa.array(["b", "ab", None, "", "éb", "c"]).cast(kind)

    whole = Scan([probe], worthwhile_bytes=0).search(texts)
    part = Scan([probe], worthwhile_bytes=0).search(texts.slice(1, 4))

    assert whole.docs[probe].tolist() == [0, 1, 4]
    assert part.docs[probe].tolist() == [0, 3]
    assert part.docs[probe].dtype == np.int32


def test_more_text_than_an_array_can_join_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "JOINED_BYTES", 10)
    probe = Probe(re.compile(r"^b"))
    texts = pa.array(["b1", "ab", "", "éb", "bé", "a long text", "b2"], pa.large_string())

    assert Scan([probe], worthwhile_bytes=0).search(texts).docs[probe].tolist() == [0, 4, 6]


def test_no_texts_and_no_probes_give_nothing() -> None:
    probe = Probe(re.compile("b"))

    assert (
        Scan([probe], worthwhile_bytes=0).search(pa.array([], pa.string())).docs[probe].tolist()
        == []
    )
    assert Scan([], worthwhile_bytes=0).search(pa.array(["a"])).docs == {}


def test_a_long_text_is_read_once_and_rightly() -> None:
    text = "lorem \u0130psum " * 500_000
    probes = [Probe(re.compile(p)) for p in ("(?i)ipsum l", r"\w", "dolor", r" \Z")]

    assert differences(probes, ["a", text, "dolor"]) == []


def test_a_pattern_that_blows_up_is_exact_and_quick() -> None:
    probe = Probe(re.compile("^(a+)+$"))

    found = Scan([probe], worthwhile_bytes=0).search(pa.array(["a" * 40 + "b", "aaa"]))

    assert found.docs[probe].tolist() == [1]
    assert not found.overdue


def test_a_few_texts_do_not_hang_either() -> None:
    probe = Probe(re.compile("^(a+)+$"))

    assert Scan([probe]).search(pa.array(["a" * 40 + "b", "aaa"])).docs[probe].tolist() == [1]


def test_re_gets_a_limit_where_it_has_to_look() -> None:
    blows, simple = Probe(re.compile(r"^((a+)+)\2$")), Probe(re.compile("b"))

    found = Scan([blows, simple], worthwhile_bytes=0, seconds=0.1).search(
        pa.array(["a" * 40 + "b", "aa"])
    )

    assert found.overdue == {blows: (0,)}
    assert found.docs[blows].tolist() == [1]
    assert found.docs[simple].tolist() == [0]


def test_without_hyperscan_re_reads_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    kit = handed_over([Probe(re.compile("b"))])
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    hyperscan.cache_clear()
    try:
        plain = Scan([Probe(re.compile("b"))], kit=kit)
        none = plain.kit()
        docs = [found.tolist() for found in plain.search(pa.array(["ab", "é"])).docs.values()]
        notice = slow_here() or ""
    finally:
        hyperscan.cache_clear()

    assert docs == [[0]]
    assert none is None
    assert "hyperscan" in notice


def test_with_hyperscan_there_is_nothing_to_say() -> None:
    assert slow_here() is None


def test_a_thread_can_scan() -> None:
    found: list[list[int]] = []
    probe = Probe(re.compile(r"(a)\1"))
    work = threading.Thread(
        target=lambda: found.append(
            Scan([probe], worthwhile_bytes=0).search(pa.array(["aa", "ab"])).docs[probe].tolist()
        )
    )

    work.start()
    work.join()

    assert found == [[0]]
