"""``spamsift train``: a user's labels → a complete folder of models, and a report of what it is worth.

"Before" are the models it started from, "after" is measured on groups that were left out: the whole procedure is done
again without each fold.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss, roc_auc_score

from spamsift.errors import InvalidOption
from spamsift.labelling import load_block_model
from spamsift.models import load_folder, save_folder
from spamsift.page_features import PAGE_FEATURES_VERSION
from spamsift.page_model import FARM_KINDS, PageModel, load_page_model, probabilities_of
from spamsift.records import InputKind, PageKind, Thresholds
from spamsift.training.corpora import digest
from spamsift.training.refit import MIN_FOR_LINE, LabelTable, balanced, folds_of, probabilities, refit, shares
from spamsift.training.user_labels import LABELS, Watch, contradictions, read_labels, tabulate
from spamsift.verdict import decide

__all__ = ["Figures", "TrainingReport", "report_lines", "train_user_model"]

Floats = NDArray[np.float64]

FALSE_POSITIVE_RATES = (0.01, 0.05)
FEW = 20
"""Labels of one side below which the report warns: a line through so few points."""
FEW_GROUPS = 5
"""Groups of one side below which the report warns: held-out figures then are those of single sites."""
BLOCK_MODELS = ("block-html", "block-text")
REFITTED = ("overall", "kind_prior", "signal_weights", "statistic_weights")


@dataclass(frozen=True, slots=True)
class Figures:
    """How well pages are told, page level."""

    auroc: float
    recall: Mapping[float, float | None]
    """By false-positive rate on originals; ``None`` with less than one original at that rate."""
    brier: float
    """Mean squared error of the probability, both sides alike, in [0, 1]."""
    called_farm: float
    """Share of originals called a farm page."""
    farms_found: float
    """Share of farm pages called a farm page, of whatever kind."""
    said: Mapping[tuple[PageKind, PageKind], int]
    """Pages by label and by what was said."""


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What came of the labels."""

    labels: Mapping[PageKind, int]
    n_groups: int
    changed: tuple[str, ...]
    farm_from: float
    before: Figures
    after: Figures | None
    """On left-out groups; ``None`` if one side has a single group."""
    warnings: tuple[str, ...]


def train_user_model(labels: Path, out: Path, models: Path, watch: Watch = iter) -> TrainingReport:
    """Fit the page model of ``models`` to the labels and write the folder ``out``, which ``model_dir`` accepts.

    Raises:
        InvalidOption: ``out`` exists.
        UnusableLabels: see :func:`~spamsift.training.user_labels.read_labels`.
        ModelMismatch: ``models`` can't be used.
    """
    if out.exists() or out.is_symlink():
        raise InvalidOption(f"{out} exists already; give a new folder, or remove it first.")
    pages = read_labels(labels)
    model = load_page_model(models)
    for kind in InputKind:
        load_block_model(models, kind)
    table = tabulate(pages, models, model, watch)
    fitted = refit(model, table)
    before = _figures(table, [(model, np.ones(len(table), dtype=np.bool_))])
    report = TrainingReport(
        labels={kind: n for kind in LABELS if (n := sum(page.kind is kind for page in pages))},
        n_groups=len(set(table.groups.tolist())),
        changed=tuple(_changes(model, fitted)),
        farm_from=fitted.farm_from,
        before=before,
        after=_held_out(model, table),
        warnings=(*_warnings(table), *(f"lines {a} and {b}: one page, two labels" for a, b in contradictions(pages))),
    )
    _write(out, models, fitted, report, digest(labels))
    return report


# --- figures --------------------------------------------------------------------------------------------------


def _held_out(model: PageModel, table: LabelTable) -> Figures | None:
    fold = folds_of(table)
    if fold.max() < 1:
        return None
    return _figures(table, [(refit(model, table.take(fold != i)), fold == i) for i in range(int(fold.max()) + 1)])


def _figures(table: LabelTable, models: list[tuple[PageModel, NDArray[np.bool_]]]) -> Figures:
    """Every row judged by the model whose mask has it."""
    p, said = np.zeros(len(table)), np.empty(len(table), dtype=object)
    for model, mask in models:
        part = table.take(mask)
        p[mask] = probabilities(model, part)
        thresholds = Thresholds(model.farm_from, model.original_below)
        rows = zip(part.grounds, p[mask].tolist(), shares(model, part), strict=True)
        said[mask] = [decide(g, probabilities_of(q, share), thresholds, model.farm_from)[0] for g, q, share in rows]
    truth, originals = table.is_farm, p[~table.is_farm]
    is_called = np.array([kind in FARM_KINDS for kind in said])
    return Figures(
        auroc=float(roc_auc_score(truth, p)),
        recall={rate: _recall(p[truth], originals, rate) for rate in FALSE_POSITIVE_RATES},
        brier=float(brier_score_loss(truth, p, sample_weight=balanced(truth))),
        called_farm=float(is_called[~truth].mean()),
        farms_found=float(is_called[truth].mean()),
        said=Counter(zip((_kind(k) for k in table.kinds.tolist()), said.tolist(), strict=True)),
    )


def _recall(farms: Floats, originals: Floats, rate: float) -> float | None:
    return float((farms > np.quantile(originals, 1 - rate)).mean()) if len(originals) * rate >= 1 else None


def _kind(column: int) -> PageKind:
    return FARM_KINDS[column] if column >= 0 else PageKind.ORIGINAL


def _changes(model: PageModel, fitted: PageModel) -> Iterator[str]:
    if fitted is model:
        yield f"nothing: that needs {MIN_FOR_LINE} originals and {MIN_FOR_LINE} farm pages"
        return
    yield "how all accusations together become a probability"
    if not np.array_equal(model.kind_prior, fitted.kind_prior):
        yield "how likely each kind is"
    pairs = zip(model.signal_weights.T, fitted.signal_weights.T, FARM_KINDS, strict=True)
    if kinds := [kind.value for old, new, kind in pairs if not np.array_equal(old, new)]:
        yield f"the weights of {', '.join(kinds)}"
    if model.farm_from != fitted.farm_from:
        yield f"farm_from, from {model.farm_from:.2f} to {fitted.farm_from:.2f}"


def _warnings(table: LabelTable) -> Iterator[str]:
    for name, side in (("originals", ~table.is_farm), ("farm pages", table.is_farm)):
        n, n_groups = int(side.sum()), len(set(table.groups[side].tolist()))
        if n < FEW:
            yield f"few {name}: {n}; label {FEW} or more, or expect little"
        if n_groups < FEW_GROUPS:
            yield f"{name} of only {n_groups} group{'' if n_groups == 1 else 's'}: figures are those of single sites"
    if len({kind for kind in table.kinds.tolist() if kind >= 0}) == 1:
        yield "all farm pages are of one kind: which kind a page is was not learned"
    n_short = sum(not grounds.n_words for grounds in table.grounds)
    if n_short:
        yield f"{n_short} page{'' if n_short == 1 else 's'} without any prose: the page model sees little of them"


# --- what is shown and written --------------------------------------------------------------------------------


def report_lines(report: TrainingReport) -> Iterator[str]:
    """The report as text, one line after the other."""
    counts = ", ".join(f"{n} {kind.value}" for kind, n in report.labels.items())
    yield f"{sum(report.labels.values())} labels of {report.n_groups} groups: {counts}"
    yield f"changed: {'; '.join(report.changed)}"
    yield f"a page is called a farm page from {report.farm_from:.2f}"
    yield from (f"warning: {warning}" for warning in report.warnings)
    yield ""
    if report.after is None:
        yield "not measured on left-out groups: one side has a single group"
    else:
        yield f"{'on left-out groups':<36}  before  after"
        yield from (f"{name:<36}  {old:>6}  {new:>5}" for name, old, new in _comparison(report.before, report.after))
    for title, figures in (("before", report.before), ("after, on left-out groups", report.after)):
        if figures:
            yield ""
            yield from _confusion(title, figures)


def _comparison(before: Figures, after: Figures) -> Iterator[tuple[str, str, str]]:
    yield "AUROC", f"{before.auroc:.3f}", f"{after.auroc:.3f}"
    for rate in FALSE_POSITIVE_RATES:
        old, new = before.recall[rate], after.recall[rate]
        shown = [f"{value:.2f}" if value is not None else "-" for value in (old, new)]
        yield f"recall at {rate:.0%} false positives", shown[0], shown[1]
    yield "Brier score, both sides alike", f"{before.brier:.3f}", f"{after.brier:.3f}"
    yield "originals called a farm page", f"{before.called_farm:.1%}", f"{after.called_farm:.1%}"
    yield "farm pages called a farm page", f"{before.farms_found:.1%}", f"{after.farms_found:.1%}"


def _confusion(title: str, figures: Figures) -> Iterator[str]:
    shown = [kind for kind in PageKind if any(kind in pair for pair in figures.said)]
    yield f"{'label → said, ' + title:<40}" + "".join(f"{kind.value:>14}" for kind in shown)
    for label in LABELS:
        if any(pair[0] is label for pair in figures.said):
            yield f"{label.value:<40}" + "".join(f"{figures.said.get((label, kind), 0):>14}" for kind in shown)


def _write(out: Path, models: Path, fitted: PageModel, report: TrainingReport, labels: str) -> None:
    """All of it or nothing: the folder gets its name when it is complete."""
    stored = load_folder(models / "page", PAGE_FEATURES_VERSION)
    arrays = {**stored.arrays, **{name: getattr(fitted, name) for name in REFITTED}}
    manifest = {
        **stored.manifest,
        "thresholds": {"farm_from": fitted.farm_from, "original_below": fitted.original_below},
        "scores": {"before": _facts(report.before), "after_on_left_out_groups": _facts(report.after)},
        "refitted": {
            "from_sha256": stored.manifest["sha256"],
            "labels_sha256": labels,
            "labels": {kind.value: n for kind, n in report.labels.items()},
            "n_groups": report.n_groups,
            "changed": list(report.changed),
            "scikit_learn": version("scikit-learn"),
        },
    }
    draft = out.parent / f".{out.name}-{os.getpid()}.tmp"
    try:
        draft.mkdir(parents=True)
        for name in BLOCK_MODELS:
            (draft / name).mkdir()
            for file in ("weights.npz", "manifest.json", "card.md"):
                if (models / name / file).exists():
                    shutil.copyfile(models / name / file, draft / name / file)
        save_folder(draft / "page", PAGE_FEATURES_VERSION, arrays, manifest, _card(report, manifest))
        draft.rename(out)
    except OSError as problem:
        raise InvalidOption(f"{out}: not written ({problem.strerror or problem}); give another folder.") from problem
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _facts(figures: Figures | None) -> dict[str, Any] | None:
    if figures is None:
        return None
    return {
        "auroc": round(figures.auroc, 4),
        "recall": {
            f"{rate:.0%}": value if value is None else round(value, 4) for rate, value in figures.recall.items()
        },
        "brier": round(figures.brier, 4),
        "called_farm": round(figures.called_farm, 4),
        "farms_found": round(figures.farms_found, 4),
    }


def _card(report: TrainingReport, manifest: Mapping[str, Any]) -> str:
    template = Path(__file__).with_name("user_card.md").read_text(encoding="utf-8")
    facts = {
        "from": manifest["refitted"]["from_sha256"][:12],
        "labels": manifest["refitted"]["labels_sha256"][:12],
        "version": PAGE_FEATURES_VERSION,
        "report": "\n".join(report_lines(report)),
    }
    for key, value in facts.items():
        template = template.replace(f"{{{{{key}}}}}", value)
    return template
