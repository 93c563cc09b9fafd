"""The roles of the query stack: analysts and BI tools."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contracts.zones import TABLE_ZONES, Zone
from stacks.permissions.rows import Permission

ACCOUNT = "iam:root"
ANALYST, BI = "query/Analyst/Role", "query/Bi/Role"
TRUSTED = {ANALYST: ACCOUNT, BI: ACCOUNT}


def _reader(name: str, zones: Sequence[str]) -> Iterator[Permission]:
    """What people may do who query some zones in Athena."""
    role, own = f"query/{name}/Role", name.lower()
    yield Permission(role, "run queries", (f"athena:workgroup/{{prefix}}-{own}",))
    yield Permission(role, "open Athena's console", ("*",))
    yield Permission(role, "browse the catalog", ("athena:datacatalog/AwsDataCatalog",))
    yield from reads(role, own, zones)


def reads(role: str, own: str, zones: Sequence[str]) -> Iterator[Permission]:
    """What queries of some zones need; results are under the prefix `own`."""
    buckets, databases = tuple(f"storage/{zone.capitalize()}" for zone in zones), [f"{{database}}_{zone}" for zone in zones]
    tables = [entry for database in databases for entry in (f"glue:database/{database}", f"glue:table/{database}/*")]
    yield Permission(role, "get databases and tables", ("glue:catalog", *tables))
    through = "StringEquals kms:ViaService=glue.<Region>.amazonaws.com"
    yield Permission(role, "decrypt", ("storage/Key",), when=through, only="encrypt_catalog")
    yield Permission(role, "get Lake Formation data access", ("*",), only="govern")
    yield Permission(role, "list objects", buckets, only="no-govern")
    yield Permission(role, "read objects", tuple(f"{bucket}/*" for bucket in buckets), only="no-govern")
    yield Permission(role, "decrypt", ("storage/Key",), when=_of(buckets), only="no-govern")
    yield Permission(role, "get the bucket's location", ("storage/Results",))
    yield Permission(role, "list objects by prefix", ("storage/Results",), when=f"StringLike s3:prefix={own}/*")
    yield Permission(role, "add objects", (f"storage/Results/{own}/*",))
    yield Permission(role, "encrypt and decrypt", ("storage/Key",), when=_of(("storage/Results",)))


def _of(buckets: Sequence[str]) -> str:
    arns = sorted(arn for bucket in buckets for arn in (bucket, f"{bucket}/*"))
    return f"StringLike kms:EncryptionContext:aws:s3:arn={','.join(arns)}"


def _closed(role: str, zone: str, *names: str) -> Iterator[Permission]:
    """Tables of a zone with personal data: the role may neither read their objects or staged files, nor see their definitions."""
    objects = tuple(f"storage/{zone.capitalize()}/{folder}/*" for folder in (*names, "_staging"))
    tables = tuple(f"glue:table/{{database}}_{zone}/{name}" for name in names)
    yield Permission(role, "read objects", objects, only="no-govern", never=True)
    yield Permission(role, "get tables", tables, only="no-revoked", never=True)


ROWS = (
    *_reader("Analyst", TABLE_ZONES),
    *_closed(ANALYST, Zone.PROCESSED, "quarantine"),
    *_reader("Bi", (Zone.CURATED,)),
)
