"""The types that contracts may use: those that Spark SQL, Athena and Parquet spell and store in the same way."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LOGICAL = {
    "string": "string",
    "int": "integer",
    "bigint": "integer",
    "double": "number",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}
_DECIMAL = re.compile(r"decimal\((\d{1,2}),(\d{1,2})\)")
_ARRAY = re.compile(r"array<(.+)>")
_MAP = re.compile(r"map<string,(.+)>")

KNOWN = (*_LOGICAL, "decimal(precision,scale)", "array<type>", "map<string,type>")


@dataclass(frozen=True, slots=True)
class PhysicalType:
    """A parsed type text. `base` is one of the plain names, decimal, array or map; `item` is set for array and map."""

    base: str
    precision: int = 0
    scale: int = 0
    item: PhysicalType | None = None

    @property
    def logical(self) -> str:
        """The ODCS logicalType that goes with it."""
        return {"decimal": "number", "array": "array", "map": "object"}.get(self.base) or _LOGICAL[self.base]


def parse_type(text: str) -> PhysicalType | None:
    """The type with this spelling, or None. Lower case, no blanks: there is one spelling per type."""
    if text in _LOGICAL:
        return PhysicalType(text)
    if match := _DECIMAL.fullmatch(text):
        precision, scale = int(match[1]), int(match[2])
        return PhysicalType("decimal", precision, scale) if 1 <= precision <= 38 and scale <= precision else None
    for base, pattern in (("array", _ARRAY), ("map", _MAP)):
        if match := pattern.fullmatch(text):
            item = parse_type(match[1])
            return item and PhysicalType(base, item=item)
    return None
