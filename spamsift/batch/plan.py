"""Everything a batch is told, in one frozen object."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from spamsift import __version__
from spamsift.batch.drop import Drop
from spamsift.batch.limits import Limits
from spamsift.models import shipped_models
from spamsift.records import Options, Sifted

__all__ = ["Fields", "Mode", "Plan", "Sifter"]

Sifter = Callable[..., Sifted]
"""Called as ``sifter(page, url=url, options=options)``, like :func:`spamsift.pipeline.sift`. Workers import it by its
name, so it must stand at the top of a module that can be imported. It is the point where tests put pages that crash,
hang and eat memory."""


class Mode(str, Enum):
    """What is written."""

    ANNOTATE = "annotate"
    """The input's own fields untouched, and flat columns beside them."""
    CLEAN = "clean"
    """The clean text in place of the page, and flat columns beside it."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of the fields of a record. A dotted name (``metadata.url``) is looked up inside, as datatrove keeps it."""

    text: str = "text"
    html: str = "html"
    """Wins over ``text`` where a record has both: markup says more."""
    url: str = "url"
    id: str = "id"


@dataclass(frozen=True, slots=True)
class Plan:
    """One run of ``spamsift batch``."""

    inputs: tuple[str, ...]
    """Folders, files and glob patterns."""
    output: Path
    """``.jsonl``, ``.jsonl.gz``, ``.jsonl.zst``, ``.parquet``; any other name is a folder for ``.txt`` files."""
    mode: Mode = Mode.CLEAN
    options: Options = field(default_factory=Options)
    fields: Fields = field(default_factory=Fields)
    drop: Drop = field(default_factory=Drop)
    limits: Limits = field(default_factory=Limits)
    blocks: bool = False
    """Annotate with blocks, cuts and evidence too: the JSON of the page, in the field ``spamsift_answer``."""
    attributes: Path | None = None
    """A file for Dolma attributes."""
    limit: int | None = None
    """At most this many pages."""
    sample: float = 1.0
    """Share of the pages that are taken, by chance but always the same ones."""
    seed: int = 0
    jobs: int = 1
    """Worker processes."""
    chunk: int = 200
    """Pages of one part: what a killed run loses at most. Some 2 s of work per core, beside 10 ms for writing it."""
    overwrite: bool = False
    """Begin anew, whatever is there."""
    sifter: Sifter | None = None
    """Instead of :func:`spamsift.pipeline.sift`."""

    @property
    def folder(self) -> Path:
        """Where the ledger, the parts and the reports of this output are."""
        return self.output.with_name(self.output.name + ".run")

    @property
    def outputs(self) -> tuple[Path, ...]:
        """Everything that is written, folders with all that is in them."""
        return (self.output, self.folder, *([self.attributes] if self.attributes else []))

    def describe(self) -> dict[str, Any]:
        """What decides the output, for the ledger: a run goes on only where all of this is the same."""
        sifter = self.sifter
        return {
            "spamsift": __version__,
            "models": _digest_models(self.options.model_dir),
            "input": list(self.inputs),
            "mode": self.mode.value,
            "kind": self.options.kind.value if self.options.kind else None,
            "keep": sorted(label.value for label in self.options.keep),
            "fields": [self.fields.text, self.fields.html, self.fields.url, self.fields.id],
            "drop": sorted(kind.value for kind in self.drop.kinds),
            "drop-score": self.drop.score,
            "timeout": self.limits.seconds,
            "memory": self.limits.memory,
            "blocks": self.blocks,
            "attributes": str(self.attributes) if self.attributes else None,
            "limit": self.limit,
            "sample": self.sample,
            "seed": self.seed,
            "chunk": self.chunk,
            "sifter": f"{sifter.__module__}.{sifter.__qualname__}" if sifter else None,
        }


def _digest_models(model_dir: str | None) -> str:
    """A digest of the manifests, which hold the digests of the weights."""
    folder = Path(model_dir) if model_dir else shipped_models()
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*/manifest.json")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
