"""The command line: one module per command, put together here.

Exit codes: 0 done; 1 a page at or above ``--fail-on``; 2 usage; 3 some inputs could not be read.
Findings win over unreadable inputs. Nothing heavy is imported before a page is at hand.
"""

from __future__ import annotations

from typing import Annotated

import typer

from spamsift import __version__
from spamsift.cli_batch import batch
from spamsift.cli_clean import clean
from spamsift.cli_score import score
from spamsift.cli_train import train

__all__ = ["app", "main"]

app = typer.Typer(
    name="spamsift",
    help="Sift the article from content-farm pages: what is the article, and what is this page?",
    epilog=(
        "Exit codes: 0 done, 1 a page at or above --fail-on, 2 usage, 3 some inputs could not be read. "
        "Documentation: README.md of the project."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Entry point of the command."""
    app(prog_name="spamsift")


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"spamsift {__version__}")
        raise typer.Exit


@app.callback()
def _spamsift(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


app.command(short_help="What is each page, how sure, and why?")(score)
app.command(short_help="The article of each page as text.")(clean)
app.command(short_help="Many pages: folders, JSON Lines, Parquet, WARC.")(batch)
app.command(short_help="Fit the verdict to labels of your own.")(train)
