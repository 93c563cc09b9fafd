"""Java classes and methods that PySpark asks for by name, looked up once per session.

PySpark writes `jvm.functions.lit` and the like for every expression. For each such name Py4J tries the packages that may hold the
class, and a class that is not there is searched for in every JAR: a third of the driver's CPU time in a small run.
"""

from __future__ import annotations

from functools import reduce
from typing import Any, cast

from py4j.java_gateway import JavaClass, JavaMember
from pyspark.sql import SparkSession

NAMES = (
    "functions",
    "Column",
    "PythonUtils",
    "PythonSQLUtils",
    "SparkSession",
    "SparkSession$",
    "org.apache.spark.sql.Observation",
    "org.apache.spark.sql.catalyst.expressions",
    "org.apache.spark.sql.expressions.Window",
    "org.apache.spark.sql.types.DataType",
    "org.apache.spark.sql.types.Metadata",
    "org.apache.spark.util.Utils",
    "py4j.reflection.TypeUtil",
)


class RememberingClass(JavaClass):  # type: ignore[misc]  # Py4J ships no types
    """A class that looks up each of its methods once. Fields are read each time: they may change."""

    def __getattr__(self, name: str) -> Any:
        member = super().__getattr__(name)
        if isinstance(member, JavaMember):
            setattr(self, name, member)
        return member


def remember_names(spark: SparkSession) -> None:
    """Keeps what the NAMES stand for in the session's view of the JVM, where attributes come before lookups."""
    for name in NAMES:
        reduce(_remembered, name.split("."), cast("Any", spark._jvm))  # noqa: SLF001 - PySpark has no public setting for this


def _remembered(owner: Any, name: str) -> Any:
    if name not in vars(owner):
        found = getattr(owner, name)
        if isinstance(found, JavaClass):
            found = RememberingClass(found._fqn, found._gateway_client)  # noqa: SLF001 - Py4J's own constructor arguments
        setattr(owner, name, found)
    return vars(owner)[name]
