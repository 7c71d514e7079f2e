"""Rebuild the shipped models from the data: ``python scripts/train_models.py [--data DIR] [--out DIR] [--only NAME]``.

Reads the gzip'd JSON Lines of ``scripts/fetch_corpora.py`` (default ``../shared/data``), writes the folders
``name-fit``, ``block-html``, ``block-text``, ``brand`` and ``page`` of ``models``. Needs the extra ``train``; takes
about an hour on two cores; ``brand`` is trained with the folds that ``name-fit`` leaves in ``.folds``. The same data
give the same bytes of ``weights.npz``. Figures are printed, written to each manifest and to each model card; all of
them are on registered domains, operators or sources held out.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy: joblib runs folds side by side, and one thread is deterministic

from spamsift.training.build import MODEL_NAMES, build_model


def main() -> None:
    """Parse, build, say how long it took."""
    top = Path(__file__).parents[1]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=top.parent / "shared" / "data", help="folder of the corpora")
    parser.add_argument("--out", type=Path, default=top / "models", help="folder to write model folders into")
    parser.add_argument("--folds", type=Path, default=top / ".folds", help="folder for the models of single folds")
    parser.add_argument("--only", choices=MODEL_NAMES, action="append", help="build only this model (repeatable)")
    parser.add_argument("--jobs", type=int, default=2, help="processes that read pages and fit folds")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        sys.exit(f"no data in {arguments.data}: see scripts/fetch_corpora.py, then give --data DIR.")
    started = time.monotonic()
    for name in arguments.only or MODEL_NAMES:
        try:
            build_model(name, arguments.data, arguments.out, arguments.folds, arguments.jobs)
        except FileNotFoundError as problem:
            sys.exit(str(problem))
    print(f"done in {(time.monotonic() - started) / 60:.0f} minutes")


if __name__ == "__main__":
    main()
