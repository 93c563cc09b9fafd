"""Write every derived file of the API: `python -m lambdas.derive` (`make docs`)."""

from __future__ import annotations

import sys

from lambdas.derive.files import ROOT, derived

for path, text in derived().items():
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
