"""``python -m spamsift`` is the command ``spamsift``."""

from __future__ import annotations

from spamsift.cli import main

if __name__ == "__main__":
    main()
