"""The report's JSON by Microsoft's published schemas: the keys that each version requires and allows, read there on 2026-11-26.

The schemas are github.com/microsoft/json-schemas, folder fabric/item/report/definition; all refuse other keys. Restated here
is what our files use of them; data roles and formatting objects stay open there, too.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator

from dashboards.powerbi.project import project

BASE = "https://developer.microsoft.com/json-schemas/fabric/item/report/definition"
TEXT, NUMBER, YES_NO = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
NAME = {"type": "string", "maxLength": 50}
VERSION = {"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$"}


def closed(required: str, **properties: Any) -> dict[str, Any]:
    """An object with these keys only."""
    return {"type": "object", "required": required.split(), "properties": properties, "additionalProperties": False}


def many(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


PLACE = closed("height width x y", x=NUMBER, y=NUMBER, z=NUMBER, height=NUMBER, width=NUMBER, tabOrder=NUMBER, angle=NUMBER)
EXPRESSION = {
    "oneOf": [closed(kind, **{kind: closed("Property", Property=TEXT, Expression={})}) for kind in ("Column", "Measure")]
}
PROJECTION = closed(
    "field queryRef",
    field=EXPRESSION,
    queryRef=TEXT,
    nativeQueryRef=TEXT,
    displayName=TEXT,
    format={"type": "string", "maxLength": 255},
    active=YES_NO,
    hidden=YES_NO,
)
ROLE = closed("projections", projections=many(PROJECTION), showAll=YES_NO, fieldParameters={})
QUERY = closed("queryState", queryState={"type": "object", "additionalProperties": ROLE}, sortDefinition={}, options={})
OBJECTS = {"type": "object", "additionalProperties": many(closed("properties", properties={"type": "object"}, selector={}))}
VISUAL = closed(
    "visualType",
    visualType=TEXT,
    autoSelectVisualType=YES_NO,
    query=QUERY,
    expansionStates={},
    objects=OBJECTS,
    visualContainerObjects=OBJECTS,
    syncGroup={},
    drillFilterOtherVisuals=YES_NO,
)
THEME = closed(
    "name reportVersionAtImport type",
    name=TEXT,
    reportVersionAtImport=closed("page report visual", page=VERSION, report=VERSION, visual=VERSION),
    type={"enum": ["RegisteredResources", "SharedResources"]},
)
DISPLAY = {"enum": ["DeprecatedDynamic", "FitToPage", "FitToWidth", "ActualSize", "ActualSizeTopLeft"]}
SCHEMAS = {
    "versionMetadata/1.0.0": closed("version", version={"type": "string", "pattern": r"^[1-9][0-9]*\.(0|[1-9][0-9]*)\.0$"}),
    "report/3.0.0": closed("themeCollection", themeCollection=closed("", baseTheme=THEME, customTheme=THEME)),
    "pagesMetadata/1.0.0": closed("", pageOrder=many(TEXT), activePageName=TEXT),
    "page/2.0.0": closed(
        "displayName displayOption name", name=NAME, displayName=TEXT, displayOption=DISPLAY, height=NUMBER, width=NUMBER
    ),
    "visualContainer/2.0.0": closed("name position visual", name=NAME, position=PLACE, visual=VISUAL, isHidden=YES_NO),
}
DEFINITION = "shoplake.Report/definition/"
FILES = {path.removeprefix(DEFINITION): json.loads(text) for path, text in project().items() if path.startswith(DEFINITION)}


def errors(content: dict[str, Any]) -> list[str]:
    """What the schema that the file names has against it."""
    named = content["$schema"].removeprefix(f"{BASE}/").removesuffix("/schema.json")
    body = {key: value for key, value in content.items() if key != "$schema"}
    return [error.message for error in Draft7Validator(SCHEMAS[named]).iter_errors(body)]


@pytest.mark.parametrize("path", FILES)
def test_a_file_keeps_to_the_schema_that_it_names(path: str) -> None:
    assert errors(FILES[path]) == []


def test_every_schema_is_used_and_refuses_other_keys() -> None:
    used = {content["$schema"].removeprefix(f"{BASE}/").removesuffix("/schema.json") for content in FILES.values()}
    assert used == SCHEMAS.keys()
    assert all(errors(content | {"colour": "red"}) for content in FILES.values())


def test_names_of_fields_are_unique_within_a_visual() -> None:
    for path, content in FILES.items():
        if path.endswith("visual.json"):
            roles = content["visual"]["query"]["queryState"].values()
            names = [each["queryRef"] for role in roles for each in role["projections"]]
            assert len(names) == len(set(names)), path
