"""PySpark's lookups of Java names, which are slow when a class is searched for in every JAR."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from py4j import protocol
from pyspark.sql import Observation, Window
from pyspark.sql import functions as F

from glue_jobs.lib.lake.java_names import remember_names

if TYPE_CHECKING:
    import pytest
    from pyspark.sql import Column, DataFrame, SparkSession


def test_what_a_session_has_looked_up_is_not_looked_up_again(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    remember_names(spark)
    _expressions(spark)
    commands = _commands(spark, monkeypatch)
    # WHEN
    frame = _expressions(spark)
    # THEN
    sent = len(commands)
    assert sent > 20
    assert [command for command in commands if command.startswith(protocol.REFLECTION_COMMAND_NAME)] == []
    assert frame.collect() == [(1, 2, 3)]
    assert len(commands) > sent


def test_another_call_keeps_what_is_known(spark: SparkSession) -> None:
    remember_names(spark)
    view: Any = spark._jvm  # the view that PySpark asks
    functions = view.functions
    # WHEN
    remember_names(spark)
    # THEN
    assert view.functions is functions


def _expressions(spark: SparkSession) -> DataFrame:
    number: Column = F.row_number().over(Window.partitionBy("id").orderBy(F.col("id").desc()))
    frame = spark.range(1, 2).select(number.alias("number"), (F.col("id") + 1).alias("next"), F.lit(3).alias("three"))
    return frame.observe(Observation(), F.count("*").alias("rows"))


def _commands(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that are sent to the JVM from now on."""
    client: Any = type(spark._jvm._gateway_client)  # type: ignore[union-attr]
    send, commands = client.send_command, []

    def sending(self: Any, command: str, *arguments: Any, **options: Any) -> Any:
        commands.append(command)
        return send(self, command, *arguments, **options)

    monkeypatch.setattr(client, "send_command", sending)
    return commands
