"""What a power cut does to the files of a run: what was not synced may hold anything."""

from pathlib import Path

from benchmarks.crash_site import Act

from labelmill.io.steps import Step, noted
from labelmill.pipeline import labeled


def cut_power(log: Path, number: int) -> int:
    """Damage every file that a run wrote and did not sync; gives how many there were.

    Args:
        log: the steps of the run, up to its end.
        number: which kind of damage.
    """
    found = [path for path in sorted(unsynced(list(noted(log)))) if path.is_file()]
    for path in found:
        path.write_bytes(damaged(path.read_bytes(), number))
    return len(found)


def started_anew(act: Act, folder: Path) -> Act:
    """The same after the machine was started once more, as a process sees it that works alone."""

    def act_anew() -> object:
        boot = folder / "boot_id"
        boot.write_text("another\n", "ascii")
        labeled.BOOT = boot
        return act()

    return act_anew


def unsynced(steps: list[Step]) -> set[Path]:
    """The files whose content may be lost, by the names that they have at the end."""
    dirty: set[Path] = set()
    for step in steps[:-1]:  # the last one was not done
        if step.kind in {"create", "write"}:
            dirty.add(step.path)
        elif step.kind in {"fsync", "unlink"}:
            dirty.discard(step.path)
        elif step.kind == "rename" and step.source is not None:
            moved = {path for path in dirty if path.is_relative_to(step.source)}
            dirty -= moved
            dirty |= {step.path / path.relative_to(step.source) for path in moved}
    if steps and steps[-1].kind in {"create", "write"}:
        dirty.add(steps[-1].path)
    return dirty


def damaged(data: bytes, number: int) -> bytes:
    """The bytes as a power cut may leave them: none, a part, zeros, or some that are others."""
    if number % 4 == 0:
        return b""
    if number % 4 == 1:
        return data[: len(data) // 2]
    if number % 4 == 2:
        return bytes(len(data))
    flipped = bytearray(data)
    for place in range(len(data) // 3, len(data), 97):
        flipped[place] ^= 0xFF
    return bytes(flipped)
