"""A preview as lines for a terminal: texts with their spans marked, votes, and posteriors."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from labelmill.pipeline.explanation import Explanation
from labelmill.pipeline.preview import PreviewRow, PreviewVote
from labelmill.report.layout import Heading, View, table
from labelmill.report.marking import pieces, visible
from labelmill.report.tables import decimal
from labelmill.report.terminal import posterior

MOST_CHARACTERS = 800
MOST_VOTES = 30
COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")


def preview_view(
    rows: Sequence[PreviewRow], labels: Sequence[str], width: int, lf: str | None = None
) -> View:
    """Rows with their votes.

    Args:
        rows: the previewed rows.
        labels: the task's labels, which decide the colours.
        width: columns of the terminal.
        lf: mark the spans of this function, and not the entities.
    """
    if not rows:
        return ["No row to show." if lf is None else f"'{lf}' votes on none of the rows read."]
    view: View = []
    for row in rows:
        votes = [*_votes(row, width), *_outcome(row)]
        view += [title_of(row), *_text(row, labels, lf), *votes, ""]
    return view[:-1]


def title_of(row: PreviewRow | Explanation) -> Text:
    """The id of a row, its status, and its label if it has one."""
    title = Text(visible(row.id), style="bold")
    title.append(f"  {row.status}", style="green" if row.status == "labeled" else "yellow")
    if row.label is not None:
        title.append(f"  {visible(row.label)}")
    if row.labels is not None:
        title.append(f"  {visible(', '.join(row.labels) or 'no label')}")
    if row.confidence is not None:
        title.append(f"  confidence {decimal(row.confidence)}")
    return title


def _text(row: PreviewRow, labels: Sequence[str], lf: str | None) -> View:
    spans = [{"start": s, "end": e, "label": label} for s, e, label, _ in row.entities]
    if lf is not None:
        spans = [
            {"start": vote.start, "end": vote.end, "label": f"{vote.label} {vote.lf}"}
            for vote in row.votes
            if vote.lf == lf and not _is_whole(row, vote)
        ]
    return [marked_text(row.text, spans, labels)]


def marked_text(text: str, spans: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> Text:
    """A text with each span in brackets, `[Acme Ltd ORG] rose`; a long one is cut.

    Args:
        text: the text.
        spans: its spans, each with `start`, `end` and `label`.
        labels: the task's labels, which decide the colours.
    """
    shown = text[:MOST_CHARACTERS]
    marked = Text("  ")
    for piece in pieces(shown, spans):
        words = visible(piece.text).replace("\n", "\n  ")
        if piece.label is None:
            marked.append(words)
        else:
            colour = colour_of(piece.label.split(" ", maxsplit=1)[0], labels)
            marked.append(f"[{words} {visible(piece.label)}]", style=f"bold {colour}")
    if len(text) > len(shown):
        marked.append(f" ... ({len(text):,} characters)", style="dim")
    return marked


def _votes(row: PreviewRow, width: int) -> View:
    if not row.votes:
        return ["  no votes"]
    cells = []
    for vote in row.votes[:MOST_VOTES]:
        words = "" if _is_whole(row, vote) else f'"{visible(row.text[vote.start : vote.end])}"'
        cells.append([f"  {vote.lf}", visible(vote.label), words, visible(vote.entry or "")])
    titles = ("  LF", "Vote", "On", "Entry")
    said = [i for i in range(len(titles)) if any(row_cells[i] for row_cells in cells)]
    headings = [Heading(titles[i]) for i in said]
    cells = [[row_cells[i] for i in said] for row_cells in cells]
    rest = len(row.votes) - MOST_VOTES
    return [*table(headings, cells, width), *([f"  and {rest} more"] if rest > 0 else [])]


def _outcome(row: PreviewRow) -> View:
    view: View = [f"  posterior: {posterior(row.probs)}"] if row.probs else []
    return view + failures(row.errors)


def failures(errors: Sequence[tuple[str, str, str]]) -> View:
    """Functions that failed on a row, and what made the row unusable: (lf, reason, message)."""
    view: View = []
    for lf, reason, message in errors:
        who = f"{lf} failed" if lf else "the row cannot be used"
        view.append(Text(f"  ! {who} ({reason}): {visible(message)}", style="red"))
    return view


def _is_whole(row: PreviewRow, vote: PreviewVote) -> bool:
    return (vote.start, vote.end) == (0, len(row.text))


def colour_of(label: str, labels: Sequence[str]) -> str:
    """The colour of a label."""
    place = labels.index(label) if label in labels else len(labels)
    return COLOURS[place % len(COLOURS)]
