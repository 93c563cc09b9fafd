"""Reads one `properties` entry of a contract into a Column, and one `quality` entry into a Rule."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation

from contracts.document import Node, suggest
from contracts.model import CLASSIFICATIONS, SEVERITIES, UNITS, Bound, Column, Rule, Severity
from contracts.physical import KNOWN, PhysicalType, parse_type
from contracts.received import LENGTHS, MARKS, read_received

NAME = re.compile(r"[a-z][a-z0-9_]*")
_MONEY = re.compile(r"(^|_)(amount|price|cost|revenue|value)$")
_OPTIONS = {"string": ("pattern", "format", LENGTHS[0]), "array": LENGTHS[1:], "object": (), "boolean": ()}
_BOUNDS = ("minimum", "maximum")


def identifier(node: Node, key: str = "name") -> str:
    """The name under `key`: lower_snake_case, so that no engine needs quotes around it."""
    name = node.required(key, "give it a lower_snake_case name.")
    if not NAME.fullmatch(name):
        node.refuse(key, f"is {name!r}; write lower_snake_case, such as order_id, so that no engine needs quotes.")
    return name


def custom_properties(node: Node, *known: str) -> Node:
    """The customProperties list of `node` as one mapping, refusing names other than `known`."""
    values = {}
    for entry in node.children("customProperties", "property"):
        entry.only("property", "value", "description")
        name = entry.required("property", "name the property.")
        if name not in known:
            entry.refuse("property", f"is {name!r}, which nothing reads; {suggest(name, known)}")
        if name in values:
            entry.refuse("property", f"{name} is written twice; keep one.")
        values[name] = entry.content.get("value")
    return Node(node.where, node.at("customProperties"), values)


def read_column(node: Node) -> Column:
    """One column. LakeError for an unknown key, an unknown or unsuitable type, or a missing description."""
    node.only(
        *("name", "description", "logicalType", "physicalType", "required", "unique", "primaryKey"),
        *("primaryKeyPosition", "partitioned", "partitionKeyPosition", "classification", "logicalTypeOptions"),
        *("quality", "customProperties", "items"),
    )
    name = identifier(node)
    physical = _read_type(node)
    enum, severity = _read_enum(node, physical)
    options = _read_options(node, physical)
    marks = custom_properties(node, "unit", "onePerSource", "formerNames", "additive", *MARKS)
    column = Column(
        name=name,
        physical_type=node.required("physicalType", ""),
        logical_type=physical.logical,
        description=node.prose("description", "say what the column holds and what null means."),
        required=node.optional("required", bool) or False,
        unique=node.optional("unique", bool) or False,
        enum=enum,
        enum_severity=severity,
        minimum=_read_bound(options, "minimum", physical),
        maximum=_read_bound(options, "maximum", physical),
        pattern=_read_pattern(options),
        format=options.optional("format", str),
        classification=node.one_of("classification", CLASSIFICATIONS),
        unit=marks.one_of("unit", UNITS),
        one_per_source=marks.optional("onePerSource", bool) or False,
        former_names=_read_former_names(marks),
        additive=_read_additive(marks, physical),
        received=read_received(options=options, marks=marks, fields=_read_fields(node, physical)),
    )
    _refuse_inexact_money(node, column, physical)
    return column


def read_rule(node: Node, *, column: str | None) -> Rule | None:
    """The rule in a `quality` entry of type custom; None for an enum, which read_column handles."""
    if node.content.get("metric") is not None:
        if column is None:
            node.refuse("metric", "stands at the table; put invalidValues under the quality of its column.")
        return None
    node.only("name", "type", "engine", "implementation", "severity", "description")
    kind = node.required("type", "write `type: custom`, or `metric: invalidValues` for a list of valid values.")
    engine = node.required("engine", "write `engine: spark`.")
    for key, value, expected in (("type", kind, "custom"), ("engine", engine, "spark")):
        if value != expected:
            node.refuse(key, f"is {value!r}; rules are Spark SQL booleans, so write `{key}: {expected}`.")
    return Rule(
        name=identifier(node),
        expression=node.prose("implementation", "write the Spark SQL boolean that is true for a good row."),
        severity=_severity(node),
        description=node.prose("description", "say in words what a good row looks like."),
        column=column,
    )


def _severity(node: Node) -> Severity:
    node.required("severity", "write error (the row goes to quarantine) or warning (it is counted and stays).")
    return "warning" if node.one_of("severity", SEVERITIES) == "warning" else "error"


def _read_type(node: Node) -> PhysicalType:
    text = node.required("physicalType", f"use one of: {', '.join(KNOWN)}.")
    physical = parse_type(text)
    if physical is None:
        node.refuse("physicalType", f"is {text!r}, no type that Spark and Athena share; {suggest(text, KNOWN)}")
    logical = node.required("logicalType", f"write `logicalType: {physical.logical}`.")
    if logical != physical.logical:
        node.refuse("logicalType", f"is {logical!r}, but {text} is stored; write `logicalType: {physical.logical}`.")
    return physical


def _read_options(node: Node, physical: PhysicalType) -> Node:
    return node.child("logicalTypeOptions").only(*_OPTIONS.get(physical.logical, _BOUNDS))


def _read_enum(node: Node, physical: PhysicalType) -> tuple[tuple[str, ...] | None, Severity]:
    enum: tuple[str, ...] | None = None
    severity: Severity = "error"
    for entry in node.children("quality", "name"):
        if entry.content.get("metric") is None:
            continue
        entry.only("metric", "arguments", "mustBe", "severity", "description").one_of("metric", ("invalidValues",))
        if entry.content.get("mustBe") != 0 or isinstance(entry.content["mustBe"], bool):
            entry.refuse("mustBe", "must be 0: no row may hold another value.")
        values = entry.child("arguments").only("validValues").content.get("validValues")
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            entry.refuse("arguments.validValues", "must be a list of texts; put values such as 1 or no in quotes.")
        if physical.base != "string" or enum is not None or len(set(values)) != len(values):
            entry.refuse("arguments.validValues", "must be the only such list, without repeats, on a string column.")
        enum, severity = tuple(values), _severity(entry)
    return enum, severity


def _read_bound(options: Node, key: str, physical: PhysicalType) -> Bound | None:
    value = options.content.get(key)
    if value is None:
        return None
    if physical.logical in ("date", "timestamp"):
        return _read_moment(options, key)
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = None
    if isinstance(value, bool | str) or number is None or not number.is_finite():
        options.refuse(key, f"is {value!r}, but must be a number, because the column is one.")
    return int(number) if number == number.to_integral_value() else number


def _read_moment(options: Node, key: str) -> str | None:
    text = options.optional(key, str)
    try:
        datetime.fromisoformat(text or "2000-01-01")
    except ValueError:
        options.refuse(key, f"is {text!r}; write an ISO 8601 date or time in quotes, such as '2000-01-01'.")
    return text


def _read_fields(node: Node, physical: PhysicalType) -> tuple[Column, ...]:
    """The fields of the objects in a list; they are stored as a map of texts."""
    if "items" not in node.content:
        return ()
    if physical != parse_type("array<map<string,string>>"):
        node.refuse("items", "describes objects, so the physicalType must be array<map<string,string>>.")
    items = node.child("items").only("name", "logicalType", "properties")
    items.one_of("logicalType", ("object",))
    return tuple(read_column(each) for each in items.children("properties", "name"))


def _read_former_names(marks: Node) -> tuple[str, ...]:
    names = marks.content.get("formerNames", [])
    if not isinstance(names, list) or not all(isinstance(name, str) and NAME.fullmatch(name) for name in names):
        marks.refuse("formerNames", f"is {names!r}, but must be a list of column names, such as [rows_left_out].")
    return tuple(names)


def _read_additive(marks: Node, physical: PhysicalType) -> tuple[str, ...]:
    dimensions = marks.texts("additive") if "additive" in marks.content else ()
    if dimensions and physical.logical not in ("integer", "number"):
        marks.refuse("additive", "is set, but the column is no number; remove it.")
    return dimensions


def _read_pattern(options: Node) -> str | None:
    pattern = options.optional("pattern", str)
    try:
        re.compile(pattern or "")
    except re.error as error:
        options.refuse("pattern", f"is no regular expression ({error}); escape what is meant literally.")
    return pattern


def _refuse_inexact_money(node: Node, column: Column, physical: PhysicalType) -> None:
    exact = physical.base == "decimal" and physical.scale >= 2
    if exact or physical.base in ("array", "map", "boolean"):
        return
    if column.unit == "currency" or (physical.base == "double" and _MONEY.search(column.name)):
        node.refuse("physicalType", f"is {column.physical_type!r}, but {column.name} is money; write decimal(18,4).")
