"""``spamsift train``: labels of a user's own → a folder of models, with a report."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spamsift import report
from spamsift.shell import clean_exits

if TYPE_CHECKING:
    from spamsift.training.user_labels import LabelledPage

__all__ = ["train"]


def train(
    labels: Annotated[
        Path,
        typer.Argument(metavar="LABELS.jsonl", help="One object a line: text or html, label, and if known group, url."),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="New folder for the models.")],
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="Folder of models to start from, not the shipped.",
        ),
    ] = None,
) -> None:
    """Fit the verdict to labels of your own, print what that is worth on other sites, and write models for --model."""
    with clean_exits():
        from spamsift.models import shipped_models
        from spamsift.training.user_models import report_lines, train_user_model

        done = train_user_model(labels, output, model or shipped_models(), _watched)
        for line in report_lines(done):
            print(report.printable(line))
        print(f"\nwritten to {report.escape_controls(str(output))}; use it with --model")


def _watched(pages: Sequence[LabelledPage]) -> Iterable[LabelledPage]:
    """The pages as they pass, with a progress bar on terminals."""
    if not sys.stderr.isatty():
        yield from pages
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, redirect_stdout=False) as progress:
        yield from progress.track(pages, description="sifting")
