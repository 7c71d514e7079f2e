"""The memory of a run: which parts are whole, and what they were made of.

``OUT.run/state.json`` says what decides the output: options, version, models and input. ``ledger.jsonl`` has a line for
each whole part, written to the disk after the part itself; a line that was cut off by a kill counts for nothing, and
its part is made again. ``lock`` keeps a second run away, and the system lets go of it when the process ends.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from spamsift.batch.formats import Format, format_of
from spamsift.batch.plan import Plan
from spamsift.batch.sinks import put_in_place, sync_folder
from spamsift.batch.sources import Census
from spamsift.batch.summary import Tally
from spamsift.errors import SpamsiftError

__all__ = ["Ledger", "Part", "open_ledger"]

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One whole part."""

    n_entries: int
    """Entries of the input that went into it, skipped ones included."""
    tally: Tally


class Ledger:
    """The open ledger of one output; one process has it at a time."""

    def __init__(self, plan: Plan, lock: IO[bytes]) -> None:
        self.plan = plan
        self.parts: list[Part] = []
        self.is_finished = False
        self._lock = lock
        self._file: IO[bytes] | None = None

    def path(self, number: int, name: str) -> Path:
        """Where the part of one file of the output is."""
        return self.plan.folder / "parts" / f"{number:07d}.{name}"

    def read(self) -> None:
        """Take up what an earlier run has left, and be ready to go on."""
        path = self.plan.folder / "ledger.jsonl"
        n_bytes = 0
        if path.exists():
            with open(path, "rb") as file:
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    try:
                        self._note(json.loads(line))
                    except (ValueError, KeyError, TypeError):
                        raise SpamsiftError(f"{path} is damaged; give --overwrite to begin anew.") from None
                    n_bytes += len(line)
        if self.is_finished and not self.plan.output.exists():
            raise SpamsiftError(f"{self.plan.output} was finished and is gone; give --overwrite to make it again.")
        (self.plan.folder / "parts").mkdir(exist_ok=True)
        self._file = open(path, "ab")  # noqa: SIM115 (until close)
        self._file.truncate(n_bytes)

    def _note(self, line: dict[str, Any]) -> None:
        if "finished" in line:
            self.is_finished = True
        else:
            self.parts.append(Part(line["n_entries"], Tally.from_dict(line["tally"])))

    def add(self, part: Part) -> None:
        """A part is whole: its files are in their places."""
        sync_folder(self.plan.folder / "parts")
        self.parts.append(part)
        self._write({"part": len(self.parts) - 1, "n_entries": part.n_entries, "tally": part.tally.to_dict()})

    def finish(self) -> None:
        """The output is whole; its parts are not needed any more."""
        if not self.is_finished:
            sync_folder(self.plan.output.absolute().parent)
            self._write({"finished": True})
            self.is_finished = True
        shutil.rmtree(self.plan.folder / "parts", ignore_errors=True)

    def _write(self, line: dict[str, Any]) -> None:
        assert self._file is not None
        self._file.write(json.dumps(line).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let another run have it."""
        for file in (self._file, self._lock):
            if file is not None:
                file.close()


def open_ledger(plan: Plan, census: Census) -> Ledger:
    """Begin a run, or go on with the one that was begun with the same options and input.

    Raises:
        SpamsiftError: the output belongs to something else, or to a run with other options, or is being written.
    """
    folder = plan.folder
    if not (folder / "state.json").exists() and not plan.overwrite:
        _refuse_foreign(plan)
    folder.mkdir(parents=True, exist_ok=True)
    lock = _lock(folder / "lock")
    try:
        ledger = Ledger(plan, lock)
        state = {"format": _FORMAT, "options": plan.describe(), "files": census.n_files, "digest": census.digest}
        if plan.overwrite:
            _clear(plan)
        _compare(plan, state)
        ledger.read()
    except BaseException:
        lock.close()
        raise
    return ledger


def _refuse_foreign(plan: Plan) -> None:
    """What a batch did not write it does not touch."""
    output = plan.output
    if format_of(output) is Format.FOLDER:
        if output.is_dir() and not any(output.iterdir()):
            return
        if output.is_dir():
            raise SpamsiftError(f"{output} holds files that no batch wrote; give a new or an empty folder.")
    for path in (output, plan.attributes):
        if path is not None and os.path.lexists(path):
            raise SpamsiftError(f"{path} exists, and no batch wrote it; give another name, or --overwrite.")


def _clear(plan: Plan) -> None:
    """Begin anew. A folder of texts goes only if a batch has made it: then nothing else was in it."""
    is_ours = (plan.folder / "state.json").exists()
    if format_of(plan.output) is Format.FOLDER:
        if is_ours:
            shutil.rmtree(plan.output, ignore_errors=True)
        elif os.path.lexists(plan.output):
            _refuse_foreign(plan)
    elif plan.output.is_dir():
        raise SpamsiftError(f"{plan.output} is a folder; give another name.")
    for path in plan.folder.iterdir():
        if path.name == "parts":
            shutil.rmtree(path)
        elif path.name != "lock":
            path.unlink()
    if format_of(plan.output) is not Format.FOLDER:
        plan.output.unlink(missing_ok=True)
    if plan.attributes is not None:
        plan.attributes.unlink(missing_ok=True)


def _compare(plan: Plan, state: dict[str, Any]) -> None:
    """The same run as before, or none before."""
    path = plan.folder / "state.json"
    if not path.exists():
        draft = path.with_suffix(".tmp")
        with open(draft, "wb") as file:
            file.write(json.dumps(state, indent=2).encode() + b"\n")
            put_in_place(file, draft, path)
        return
    try:
        before = json.loads(path.read_bytes())
        options = before["options"]
    except (ValueError, KeyError, TypeError):
        raise SpamsiftError(f"{path} can't be read; give --overwrite to begin anew.") from None
    new = state["options"]
    changes = [f"{name} was {options.get(name)!r}" for name in new if options.get(name) != new[name]]
    if not changes and before.get("digest") != state["digest"]:
        changes = ["files were added, removed or changed"]
    if changes or before.get("format") != _FORMAT:
        raise SpamsiftError(
            f"{plan.output} was begun with other options or input ({'; '.join(changes)}); "
            "give them again, another output, or --overwrite to begin anew."
        )


def _lock(path: Path) -> IO[bytes]:
    """A lock that ends with the process, however that ends."""
    file = open(path, "ab")  # noqa: SIM115 (its life is that of the lock)
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise SpamsiftError(f"another run is writing {path.parent.with_suffix('')}; wait for it.") from None
    return file
