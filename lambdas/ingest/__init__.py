"""The ingest function: takes events and files of a shop over HTTP; see docs/api.md."""

from __future__ import annotations

# Nothing beyond boto3, which the runtime has: every library would add to the time of a cold start.
LIBRARIES: tuple[str, ...] = ()
