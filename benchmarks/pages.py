"""Tables that benchmarks write into pages of the documentation."""


def with_table(page: str, marks: tuple[str, str], table: str) -> str:
    """A page with the table between two marks replaced; what stands around it stays.

    Example:
        >>> with_table("a <b> old <e> z", ("<b>", "<e>"), " new ")
        'a <b> new <e> z'
    """
    begin, end = marks
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return before + begin + table + end + after
