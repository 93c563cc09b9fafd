"""URLs and JSON text."""

from __future__ import annotations

import re

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import json_text
from offline.athena.registry import Call, cast, func, refuse, scalar

for _part in ("protocol", "host", "path", "query", "fragment"):
    scalar(f"url_extract_{_part}", "text", "varchar", f"lake_url_{_part}")
scalar("url_extract_port", "text", "bigint", "lake_url_port")


def _parameter(call: Call) -> exp.Expr:
    name = call.text(1, what="the name of the parameter")
    return func("lake_url_parameter", call.args[0], f"(?:^|&){re.escape(name)}(?:=([^&]*))?(?:&|$)")


scalar("url_extract_parameter", "text text", "varchar", _parameter)
scalar("url_encode", "text", "varchar", "lake_url_encode")
scalar("url_decode", "text", "varchar", "lake_url_decode")


def _path(call: Call) -> str:
    path = call.text(1, what="the path")
    if not json_text.PATH.fullmatch(path):
        raise UsageError(f'{call.name}: the path {path!r} is not translated; use steps such as $.name, $.list[0], $["a b"].')
    return path


def _text(call: Call) -> exp.Expr:
    return cast(call.args[0], "varchar")


def _json(node: exp.Expr) -> exp.Expr:
    return exp.Cast(this=node, to=exp.DType.JSON.into_expr())


scalar("json_extract_scalar", "text|json text", "varchar", lambda c: func("lake_py_json_scalar", _text(c), _path(c)))
scalar("json_extract", "text|json text", "json", lambda c: _json(func("lake_py_json_extract", _text(c), _path(c))))
scalar("json_parse", "text", "json", lambda c: _json(func("lake_py_json_parse", *c.args)))
scalar("json_format", "json", "varchar", _text)
scalar("json_size", "text|json text", "bigint", lambda c: func("lake_py_json_size", _text(c), _path(c)))
scalar("json_array_length", "text|json", "bigint", lambda c: func("lake_py_json_array_length", _text(c)))
scalar("json_array_get", "text|json number", "json", lambda c: _json(func("lake_py_json_array_get", _text(c), c.args[1])))
scalar("is_json_scalar", "text|json", "boolean", lambda c: func("lake_py_is_json_scalar", _text(c)))

refuse(
    "json_array_contains json_query json_value json_exists json_object json_array",
    "use json_extract(text, '$.path') or json_extract_scalar(text, '$.path')",
)
refuse("from_ieee754_64 to_ieee754_64 to_big_endian_64 from_big_endian_64", "compute it outside the query")
refuse("st_point st_distance great_circle_distance", "there is no geography offline; compute it outside the query")
