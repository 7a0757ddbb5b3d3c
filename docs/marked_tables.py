"""Tables of a document that scripts write, each between its own pair of markers; what is around them is written by
hand."""

from pathlib import Path


def write_between_markers(document: Path, name: str, lines: list[str]) -> None:
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    text = document.read_text()
    if text.count(begin) != 1 or text.count(end) != 1:
        raise SystemExit(f"{document} has no place for the table: {begin} and {end}")
    head, rest = text.split(begin)
    tail = rest.split(end)[1]
    document.write_text(f"{head}{begin}\n" + "\n".join(lines) + f"\n{end}{tail}")
