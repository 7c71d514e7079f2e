"""Print the figures: ``python scripts/benchmark.py [MEASURE ...]``, all of them by default; ``--help`` names them.

Reads the fixtures, the corpora (default ``../shared/data``), the shipped models and, for ``wcxb``, ``traf``, ``bodies``
and ``text``, the fold models that ``scripts/train_models.py`` leaves in ``.folds``. Peers are measured in the same run;
use the ratios of times, not the milliseconds. ``wcxb`` takes some five minutes on two cores, ``batch`` (which needs
neither corpora nor fold models, but idle cores) as many.

``--gate`` compares the figures that need no corpora, and those that do where corpora and fold models are at
hand, with the floors in ``scripts/floors.json`` and exits with 1 if one is missed. ``--pin`` raises the floors to
just below today's figures; it lowers one only with ``--lower``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from rich.console import Console
from rich.table import Table

from spamsift.records import InputKind
from spamsift.training import (
    batch_scores,
    body_scores,
    evaluation,
    fixture_scores,
    gate,
    headline_scores,
    surgery_scores,
)
from spamsift.training.corpora import traf_pages, wcxb_pages

TOP = Path(__file__).parents[1]
FIXTURES = TOP / "fixtures"
LABELLED = TOP / "labelled"
FLOORS = TOP / "scripts" / "floors.json"
N_SPEED_PAGES = 200
N_MADE_PAGES = 300
N_BATCH_PAGES = 1000
N_SCALING_PAGES = 2000  # starting the workers, half a second, is part of a batch
N_KILLED_PAGES = 5000
N_KILLS = 20
N_MEMORY_PAGES = 100_000
N_PEER_PAGES = 300


def _print(title: str, rows: dict[str, dict[str, float]]) -> None:
    """A table of figures, one row per extractor."""
    columns = list(dict.fromkeys(key for row in rows.values() for key in row))
    table = Table("", *columns, title=title)
    for name, row in rows.items():
        table.add_row(name, *(f"{row[key]:.3f}" if key in row else "" for key in columns))
    Console(width=170).print(table)


def labels(data: Path, folders: tuple[Path, ...], jobs: int) -> None:
    """Every label, block level, on pages that no model was trained on; and, out of fold, on fixtures."""
    _print_labels("pages held out", fixture_scores.score_fixtures(LABELLED, held_out=True))
    if folders:
        _print_labels("fixtures, out of fold", fixture_scores.score_fixtures(FIXTURES, folders))


def _print_labels(title: str, found: dict[str, fixture_scores.LabelScores]) -> None:
    for kind, scores in found.items():
        rows = {
            label: {
                "precision": scores.precision.get(label, 0.0),
                "recall": scores.recall.get(label, 0.0),
                "F1": scores.f1[label],
                "blocks": float(n),
            }
            for label, n in scores.support.items()
        }
        _print(f"labels of {title}, {kind}", rows)
        print(
            f"macro-F1 {scores.macro_f1:.3f}, main content labelled as such {scores.main_recall:.4f}, words of "
            f"body and headings kept {scores.body_recall:.4f}, related blocks left in the text "
            f"{scores.related_left:.4f}"
        )


def wcxb(data: Path, folders: tuple[Path, ...], jobs: int) -> None:
    """WCXB dev as HTML, out of fold."""
    scores = evaluation.compare(wcxb_pages(data), InputKind.HTML, folders, jobs)
    _print("WCXB dev, HTML: page-mean word F1 by page type", evaluation.word_table(scores))


def traf(data: Path, folders: tuple[Path, ...], jobs: int) -> None:
    """trafilatura's set, out of fold, all pages and by declared language."""
    scores = evaluation.compare(traf_pages(data), InputKind.HTML, folders, jobs)
    chosen_by: dict[str, Callable[[str], bool]] = {
        "all": lambda language: True,
        "declared German": lambda language: language == "de",
        "declared another language": lambda language: language not in ("", "de"),
        "no language declared": lambda language: not language,
    }
    for title, is_meant in chosen_by.items():
        chosen = [score for score in scores if is_meant(score.language)]
        _print(f"traf_dev, {title}: segments of {len(chosen) // 2} pages", evaluation.segment_table(chosen))


def bodies(data: Path, folders: tuple[Path, ...], jobs: int) -> None:
    """Article bodies as labelled by hand, shingles of four words, out of fold."""
    scores = body_scores.score_bodies([*wcxb_pages(data), *traf_pages(data)], folders, jobs)
    rows = {
        name: {"precision": row.precision, "recall": row.recall, "f1": row.f1, "exact": row.exact}
        for name, row in scores.items()
    }
    _print(f"bodies of {scores['spamsift'].n_pages} articles labelled by hand", rows)


def text(data: Path, folders: tuple[Path, ...], jobs: int) -> None:
    """WCXB dev as whole-page lines, out of fold."""
    scores = evaluation.compare(wcxb_pages(data), InputKind.TEXT, folders, jobs)
    _print("WCXB dev, plain text lines: page-mean word F1 by page type", evaluation.word_table(scores))


def speed(data: Path, folders: tuple[Path, ...], jobs: int) -> None:
    """CPU per page in one process after warming up, and cold starts on one page."""
    pages = wcxb_pages(data)
    pages = pages[:: max(1, len(pages) // N_SPEED_PAGES)][:N_SPEED_PAGES]
    evaluation.compare(pages[:5], InputKind.HTML, folders, 1)
    table = evaluation.word_table(evaluation.compare(pages, InputKind.HTML, folders, 1))
    _print(f"CPU on {len(pages)} WCXB dev pages", {name: {"cpu_ms": row["cpu_ms"]} for name, row in table.items()})
    print(f"ratio {table['spamsift']['cpu_ms'] / table['trafilatura']['cpu_ms']:.2f} (goal: at most 0.9)")
    _print("cold start on one page, seconds", evaluation.cold_starts(pages[0].html))


def verdict(data: Path, folders: tuple[Path, ...], jobs: int) -> None:
    """The page model with whole operators and sources held out: trained anew, into a folder that is thrown away."""
    from spamsift.training.pages import train_pages

    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(TOP / "models", folder, dirs_exist_ok=True)
        print(json.dumps(train_pages(data, Path(folder), print), indent=2))


def seeds(data: Path, folders: tuple[Path, ...], jobs: int) -> None:
    """The sample pages against what a reader expects."""
    subprocess.run([sys.executable, TOP / "scripts" / "score_seeds.py", data.parent / "seeds"], check=False)


def surgery(data: Path, folders: tuple[Path, ...], jobs: int) -> None:
    """Mirrors of unseen layouts and brands."""
    surgery_scores.report(data)


def gate_figures(arguments: argparse.Namespace) -> dict[str, float]:
    """All figures that have floors, as far as they can be measured here."""
    figures = gate.measure_fixtures(FIXTURES) | gate.measure_held_out(LABELLED) | gate.measure_manifests(TOP / "models")
    if arguments.data.is_dir() and evaluation.has_folds(arguments.folds):
        folders = evaluation.fold_folders(arguments.folds, TOP / "models")
        figures |= gate.measure_fixtures(FIXTURES, folders)
        figures |= gate.measure_folds(arguments.data, folders, arguments.jobs)
    else:
        print("no corpora or no fold models here: the out-of-fold figures are those of the models' manifests")
    return figures


def run_gate(arguments: argparse.Namespace) -> int:
    """Compare with the floors, or pin them; the exit code."""
    figures, fixtures = (
        gate_figures(arguments),
        fixture_scores.fingerprint(fixture_scores.every_folder(FIXTURES, LABELLED)),
    )
    if arguments.pin:
        old = gate.read_floors(FLOORS) if FLOORS.exists() else None
        try:
            gate.write_floors(FLOORS, gate.pin(old, fixtures, figures, arguments.lower))
        except ValueError as problem:
            print(problem, file=sys.stderr)
            return 1
        print(f"{len(figures)} floors pinned in {FLOORS}")
        return 0
    missed = gate.check(gate.read_floors(FLOORS), fixtures, figures)
    print("\n".join(missed) or f"all {len(figures)} figures keep their floors")
    return 1 if missed else 0


def headlines(data: Path, folders: tuple[Path, ...], jobs: int) -> None:
    """Headlines of other stories left in the text of made pages, by the shipped models."""
    for name, scores in headline_scores.score_headlines(data, N_MADE_PAGES).items():
        print(
            f"{name}: {scores.left:.2%} of {scores.n_headlines} headlines left, "
            f"{scores.body_kept:.2%} of paragraphs whole"
        )


def batch(data: Path, folders: tuple[Path, ...], jobs: int) -> None:
    """Many pages: speed, poison, kills, memory, and trafilatura's own batch, on pages made of the fixtures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        times = batch_scores.scaling(folder, N_SCALING_PAGES, 3)
        print(f"a loop over sift: {N_SCALING_PAGES / times.loop:.0f} pages/s; one worker: {times.overhead:+.1%} time")
        print(f"two workers: {times.speed_up:.2f} x one, {N_SCALING_PAGES / times.two:.0f} pages/s")
        print(f"WARC: {batch_scores.warc(folder, N_BATCH_PAGES, 3):+.1%} time against files")
        n_results, causes = batch_scores.poison(folder, N_BATCH_PAGES)
        print(f"poison: {n_results} results of {N_BATCH_PAGES}, quarantined {causes}")
        n_kills, is_same = batch_scores.kills(folder, N_KILLED_PAGES, N_KILLS)
        print(f"{n_kills} kills over {N_KILLED_PAGES} pages: {'the same output' if is_same else 'ANOTHER OUTPUT'}")
        few, many = (batch_scores.memory(folder, n) for n in (1000, N_MEMORY_PAGES))
        print(f"memory, MB, parent and worker: 1,000 pages {few[0]:.0f} {few[1]:.0f}, ", end="")
        print(f"{N_MEMORY_PAGES:,} pages {many[0]:.0f} {many[1]:.0f}")
        sets = {"fixtures": [text.encode() for name, text in batch_scores.fixture_pages(600) if name.endswith("html")]}
        if data.is_dir():
            gold = wcxb_pages(data)  # of all page types: the first ones are short
            sets["WCXB dev"] = [page.html for page in gold[:: max(1, len(gold) // N_PEER_PAGES)][:N_PEER_PAGES]]
        for title, pages in sets.items():
            with tempfile.TemporaryDirectory() as place:
                for who, (speed, cpu) in batch_scores.peer(Path(place), pages, 3).items():
                    print(f"{title}: {who}, two workers, {speed:.0f} pages/s, {cpu * 1000:.1f} ms CPU a page")


MEASURES = {f.__name__: f for f in (labels, wcxb, traf, bodies, text, speed, verdict, seeds, surgery, headlines, batch)}
FOLDLESS = frozenset({"batch", "seeds", "surgery", "verdict"})
"""Measures that need no models of single folds."""


def main() -> None:
    """Run the measures that were asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("measures", nargs="*", metavar="|".join(MEASURES), help="what to measure (default: all)")
    parser.add_argument("--data", type=Path, default=TOP.parent / "shared" / "data")
    parser.add_argument("--folds", type=Path, default=TOP / ".folds", help="written by train_models.py")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--gate", action="store_true", help="compare with the floors; exit with 1 if one is missed")
    parser.add_argument("--pin", action="store_true", help="pin the floors just below today's figures")
    parser.add_argument("--lower", action="store_true", help="with --pin: floors may sink")
    arguments = parser.parse_args()
    unknown = set(arguments.measures) - set(MEASURES)
    if unknown:
        parser.error(f"unknown measure {sorted(unknown)}; choose from {', '.join(MEASURES)}")
    if arguments.gate or arguments.pin:
        sys.exit(run_gate(arguments))
    if arguments.measures == ["batch"]:
        batch(arguments.data, (), arguments.jobs)
        return
    has_folds = evaluation.has_folds(arguments.folds)
    if arguments.measures == ["labels"] and not has_folds:  # needs no corpora
        labels(arguments.data, (), arguments.jobs)
        return
    if not arguments.data.is_dir():
        sys.exit(f"no data in {arguments.data}: see scripts/fetch_corpora.py, then give --data DIR.")
    if not has_folds and not set(arguments.measures or MEASURES) <= FOLDLESS:
        sys.exit(f"no fold models in {arguments.folds}: run scripts/train_models.py first.")
    folders = evaluation.fold_folders(arguments.folds, TOP / "models") if has_folds else ()
    for name in arguments.measures or MEASURES:
        MEASURES[name](arguments.data, folders, arguments.jobs)


if __name__ == "__main__":
    main()
