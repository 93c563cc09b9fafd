"""URLs and JSON text."""

from __future__ import annotations

import re

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena.registry import Call, func, refuse, scalar

for _part in ("protocol", "host", "path", "query", "fragment"):
    scalar(f"url_extract_{_part}", "text", "varchar", f"lake_url_{_part}")
scalar("url_extract_port", "text", "bigint", "lake_url_port")


def _parameter(call: Call) -> exp.Expr:
    name = call.text(1, what="the name of the parameter")
    return func("lake_url_parameter", call.args[0], f"(?:^|&){re.escape(name)}(?:=([^&]*))?(?:&|$)")


scalar("url_extract_parameter", "text text", "varchar", _parameter)
scalar("url_encode", "text", "varchar", "lake_url_encode")
scalar("url_decode", "text", "varchar", "lake_url_decode")

_PATH = re.compile(r"\$(\.[A-Za-z_][A-Za-z0-9_]*|\[\d+\]|\[\"[^\"\\]+\"\])*")


def _path(call: Call, position: int = 1) -> str:
    path = call.text(position, what="the path")
    if not _PATH.fullmatch(path):
        raise UsageError(f'{call.name}: the path {path!r} is not translated; use steps such as $.name, $.list[0], $["a b"].')
    return re.sub(r"\[\"([^\"]+)\"\]", r'."\1"', path)


scalar("json_extract_scalar", "text|json text", "varchar", lambda c: func("lake_json_scalar", c.args[0], _path(c)))
scalar("json_size", "text|json text", "bigint", lambda c: func("lake_json_size", c.args[0], _path(c)))
scalar("json_array_length", "text|json", "bigint", "lake_json_array_length")
scalar("is_json_scalar", "text|json", "boolean", "lake_is_json_scalar")

refuse(
    "json_extract json_parse json_format json_array_get json_array_contains json_query json_value json_exists json_object "
    "json_array",
    "json values are written differently by the engines; take the field with json_extract_scalar(text, '$.path')",
)
refuse("from_ieee754_64 to_ieee754_64 to_big_endian_64 from_big_endian_64", "compute it outside the query")
refuse("st_point st_distance great_circle_distance", "there is no geography offline; compute it outside the query")
