from io import StringIO

from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from labelmill.export.markdown import escaped, quoted, table


@given(st.text())
def test_a_quoted_text_is_one_ascii_line_that_reads_back(text: str) -> None:
    scalar = quoted(text)

    assert scalar.isascii()
    assert scalar.isprintable()
    assert YAML(typ="safe").load(StringIO(f"name: {scalar}\n")) == {"name": text}


@given(st.text())
def test_an_escaped_text_is_one_line_and_ends_no_cell(text: str) -> None:
    line = escaped(text)

    assert line.splitlines() in ([line], [])
    assert table(["a"], [[line]]).replace("\\|", "").count("|") - line.count("\\\\|") <= 6


def test_nothing_in_a_text_acts_as_markdown_or_html() -> None:
    text = "# a `b` [c](d) <img src=x> | ~e~ &amp; ![f]"

    assert escaped(text) == (r"\# a \`b\` \[c\](d) \<img src=x\> \| \~e\~ \&amp; \!\[f\]")
    assert escaped("1. one") == r"1\. one"
    assert escaped("+ one") == r"\+ one"


def test_hidden_characters_go_and_joined_emoji_stay() -> None:
    assert escaped("a\u202eb\x00c\u200bd\te") == "abcd e"
    assert escaped("👩\u200d🚀") == "👩\u200d🚀"
