"""Explained rows as lines for a terminal: each vote and what it did, and the way to the answer."""

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.text import Text

from labelmill.pipeline.explanation import Decision, ExplainedVote, Explanation
from labelmill.report.layout import GAP, Heading, View, indented, table
from labelmill.report.marking import visible
from labelmill.report.rows import colour_of, failures, marked_text, title_of
from labelmill.report.tables import decimal

MOST_LABELS = 8
MOST_DECISIONS = 12
MOST_WORDS = 30
LONGEST_BAR = 24
FAR = 19.995
"""Log odds from which on the number says no more than that a vote decides."""
ENTRY, WEIGHT = 3, 4
"""Places of columns in the table of votes."""
MOST_TITLE = 12


def explained_view(
    rows: Sequence[Explanation], labels: Sequence[str], width: int, block: str = "#"
) -> View:
    """Rows with what each vote did, and how the posterior came to be.

    Args:
        rows: the explained rows.
        labels: the task's labels, which decide the colours.
        width: columns of the terminal.
        block: what bars are made of.
    """
    view: View = []
    for row in rows:
        view += [*_row(row, labels, width, block), ""]
    return view[:-1]


def _row(row: Explanation, labels: Sequence[str], width: int, block: str) -> View:
    spans = [{"start": s, "end": e, "label": label} for s, e, label, _ in row.entities]
    view: View = [title_of(row), marked_text(row.text, spans, labels), ""]
    for place, decision in enumerate(row.decisions[:MOST_DECISIONS]):
        votes = [vote for vote in row.votes if vote.decision == place]
        view += [
            *_opening(row.text, decision, labels),
            *_votes(row.text, decision, votes, width),
            "",
            *_beliefs(decision, labels, width, block),
            "",
        ]
    rest = len(row.decisions) - MOST_DECISIONS
    view += [f"  and {rest} more places (--json shows all)", ""] if rest > 0 else []
    return [*view, *failures(row.errors), *_closing(row)]


def _opening(text: str, decision: Decision, labels: Sequence[str]) -> View:
    """What a span is, where there are spans; which label, where a text can have several."""
    if decision.token is None:
        several = f"not {decision.label}" in decision.beliefs[-1].probs
        return [Text(f"  {visible(decision.label)}", style="bold")] if several else []
    words = visible(_short(text[decision.start : decision.end]))
    line = Text(f'  "{words}" is ')
    outside = decision.label not in labels
    told = "left outside" if outside else visible(decision.label)
    line.append(told, style="dim" if outside else f"bold {colour_of(decision.label, labels)}")
    if decision.token != (decision.start, decision.end):
        line.append(f', least surely at "{visible(text[slice(*decision.token)])}"')
    return [line]


def _votes(text: str, decision: Decision, votes: Sequence[ExplainedVote], width: int) -> View:
    """The votes as a table; where they stand is said where it is not the whole span."""
    if not votes:
        whole = decision.token is None
        told = "the text alone" if whole else "the rest of the text"
        return [f"{GAP}no vote is on it: it follows from {told}"]
    cells = []
    for vote in votes:
        whole = (vote.start, vote.end) == (decision.start, decision.end)
        words = "" if whole else f'"{visible(_short(text[vote.start : vote.end]))}"'
        named = [visible(vote.lf), visible(vote.label), words, visible(vote.entry or "")]
        numbers = [decimal(vote.weight), _signed(vote.contribution), f"{vote.without:.3f}"]
        cells.append(named + numbers)
    headings = [
        Heading("LF"),
        Heading("Vote"),
        Heading("On"),
        Heading("Entry"),
        Heading("Weight", number=True),
        Heading(_towards(decision.label), number=True),
        Heading("Without", number=True),
    ]
    said = [any(row[i] for row in cells) for i in range(len(headings))]
    said[WEIGHT] = any(vote.weight is not None for vote in votes)
    kept = _fitting(headings, cells, [i for i, some in enumerate(said) if some], width)
    shown = [[row[i] for i in kept] for row in cells]
    return _indented(table([headings[i] for i in kept], shown, width - len(GAP)))


def _fitting(
    headings: Sequence[Heading], cells: Sequence[Sequence[str]], kept: list[int], width: int
) -> list[int]:
    """The columns that are shown: in a narrow terminal no entries."""
    sizes = [max(cell_len(headings[i].title), *(cell_len(row[i]) for row in cells)) for i in kept]
    narrow = sum(sizes) + len(GAP) * len(kept) > width
    return [i for i in kept if not (narrow and i == ENTRY)]


def _towards(label: str) -> str:
    """The title of what votes add to a label."""
    return f"For {visible(label)}" if len(label) <= MOST_TITLE else "Adds"


def _beliefs(decision: Decision, labels: Sequence[str], width: int, block: str) -> View:
    """A row for each label, a column for each step, and a bar for the last."""
    last = decision.beliefs[-1].probs
    ranked = sorted(last, key=lambda name: -last[name])
    columns = [(belief.step.capitalize(), belief.probs) for belief in decision.beliefs]
    cells = [
        [visible(name), *(f"{probs[name]:.3f}" for _, probs in columns)]
        for name in ranked[:MOST_LABELS]
    ]
    if len(ranked) > MOST_LABELS:
        others = ranked[MOST_LABELS:]
        sums = [f"{_total(probs, others):.3f}" for _, probs in columns]
        cells.append([f"{len(others)} others", *sums])
    headings = [Heading("Label"), *(Heading(name, number=True) for name, _ in columns)]
    lines = table(headings, cells, width - len(GAP))
    return _indented(_with_bars(lines, [*ranked[:MOST_LABELS]], last, labels, block))


def _with_bars(
    lines: View, names: Sequence[str], probs: Mapping[str, float], labels: Sequence[str], block: str
) -> View:
    if len(lines) > len(names) + 2:
        return lines  # too narrow: the table is in parts
    drawn: View = [lines[0]]
    for name, line in zip(names, lines[1:], strict=False):
        bar = Text(f"{line}  ")
        bar.append(block * round(LONGEST_BAR * probs[name]), style=colour_of(name, labels))
        bar.rstrip()
        drawn.append(bar)
    return [*drawn, *lines[len(names) + 1 :]]


def _closing(row: Explanation) -> View:
    lines = [f"Status  {row.status}: {visible(row.why)}", f"Fate    {row.fate}"]
    if row.model is not None:
        lines.append(f"Model   {visible(row.model.words)}")
    if row.text_read is not None:
        words = visible(row.text_read.words).replace("; ", f"\n{GAP}        ")
        lines.append(f"Text    {words}")
    return indented([*lines, *(f"Note    {visible(note)}" for note in row.notes)])


def _signed(log_odds: float) -> str:
    """How much a vote adds.

    Example:
        >>> _signed(1.25), _signed(-0.001), _signed(-20.7)
        ('+1.25', '0.00', '<-20')
    """
    if abs(log_odds) >= FAR:
        return ">+20" if log_odds > 0 else "<-20"
    return f"{log_odds:+.2f}" if abs(log_odds) >= 0.005 else "0.00"


def _total(probs: Mapping[str, float], names: Sequence[str]) -> float:
    return sum(probs[name] for name in names)


def _short(words: str) -> str:
    return words if len(words) <= MOST_WORDS else f"{words[: MOST_WORDS - 3]}..."


def _indented(lines: View) -> View:
    return [Text(GAP).append_text(x) if isinstance(x, Text) else GAP + x for x in lines]
