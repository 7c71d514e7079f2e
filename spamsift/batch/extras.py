"""The optional packages of a batch, imported where they are needed, or one line that says how to install them."""

from __future__ import annotations

from types import ModuleType

from spamsift.errors import MissingExtra

__all__ = ["fastwarc", "pyarrow", "zstandard"]


def _missing(package: str, what: str) -> MissingExtra:
    return MissingExtra(f"{what} needs {package}; install it with: pip install 'spamsift[batch]'")


def pyarrow() -> ModuleType:
    """``pyarrow`` with ``pyarrow.parquet``."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise _missing("pyarrow", "Parquet") from None
    module: ModuleType = pyarrow
    return module


def fastwarc() -> ModuleType:
    """``fastwarc.warc``."""
    try:
        import fastwarc.warc
    except ImportError:
        raise _missing("fastwarc", "WARC") from None
    return fastwarc.warc


def zstandard() -> ModuleType:
    """``zstandard``."""
    try:
        import zstandard
    except ImportError:
        raise _missing("zstandard", ".zst") from None
    return zstandard
