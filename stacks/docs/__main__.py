"""Regenerate the generated parts of docs/architecture.md, docs/scale.md and docs/security.md."""

from __future__ import annotations

import sys

from stacks.docs.pages import ROOT, written

for path, text in written().items():
    before = path.read_text(encoding="utf-8")
    if text != before:
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
