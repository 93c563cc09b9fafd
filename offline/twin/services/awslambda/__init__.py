"""Lambda: functions in processes of their own, and event source mappings from Kinesis."""

from __future__ import annotations

import time
import uuid
from typing import Any

from moto.awslambda.models import EventSourceMapping, LambdaBackend

from offline.twin.endpoint import Endpoint
from offline.twin.service import Service, Setup
from offline.twin.services.awslambda import functions
from offline.twin.services.awslambda.event_source.mapping import Mapping
from offline.twin.services.awslambda.event_source.shard import Ports
from offline.twin.services.awslambda.event_source.source import EventSource
from offline.twin.services.awslambda.pool import ACCOUNT_CONCURRENCY, Pool
from offline.twin.services.awslambda.ports import StoredCheckpoints, StoredStreamReader, destination
from offline.twin.services.awslambda.runner import Runner
from offline.twin.services.kinesis import open_records
from offline.twin.store import Values


class AwsLambda(Service):
    title = "Lambda"
    adds = (
        "Invoke runs the deployed bundle in a process of its own, with the deployed handler, environment and timeout.",
        "Processes stay warm for five minutes. Output of handlers goes to `log/lambda/` in the lake's folder.",
        f"Concurrency is limited to the reserved one of a function, and to {ACCOUNT_CONCURRENCY} for all others together.",
        "Event source mappings from Kinesis: batches, windows, retries, bisection, partial responses, on-failure destinations.",
        "Checkpoints of event source mappings outlive `down` and kill -9, in `lambda/` in the lake's folder.",
    )
    leaves_out = (
        "Memory is stated to the handler but not limited. Python is that of this machine. X-Ray records nothing.",
        "Asynchronous invocations are not repeated after an error. Layers, aliases with weights, SnapStart, and log tails.",
        "Event source mappings: filters, tumbling windows, parallelization factors above 1, AT_TIMESTAMP, and other sources.",
        "An event source mapping repeats a failed batch after half a second, then twice as long each time, up to 30 seconds.",
        "Updates of event source mappings by API apply when the local stack starts again.",
    )

    def install(self, setup: Setup) -> None:
        self._pool = Pool(setup.lake / "log" / "lambda", Endpoint.from_environment().environment)
        self._functions = functions.Functions(setup.lake / "lambda" / "code", self._pool)
        self._records = open_records(setup)
        self._values = Values(setup.lake / "lambda" / "checkpoints.sqlite")
        self._mappings: list[Mapping] = []
        self._runners: list[Runner] = []
        self._is_restored = False
        functions.install(self._functions)
        self._take_over_mappings()

    def restore(self) -> None:
        """Starts the mappings, when all stacks are there."""
        self._is_restored = True
        for mapping in self._mappings:
            self._start(mapping)

    def busy(self) -> bool:
        return self._pool.is_working or any(runner.is_working for runner in self._runners)

    def stop(self) -> None:
        for runner in self._runners:
            runner.stop()
        self._pool.stop()
        self._values.close()

    def _take_over_mappings(self) -> None:
        """moto would invoke a function for each record as it is put."""
        create = LambdaBackend.create_event_source_mapping

        def created(backend: Any, spec: dict[str, Any]) -> EventSourceMapping:
            made: EventSourceMapping = create(backend, spec)
            if ":kinesis:" not in made.event_source_arn:
                return made
            del backend._event_source_mappings[made.uuid]  # noqa: SLF001 - moto has no other way to set the id
            # The same in every server, because the checkpoints are kept by it.
            made.uuid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{made.function_arn} {made.event_source_arn}"))
            backend._event_source_mappings[made.uuid] = made  # noqa: SLF001
            mapping = Mapping.parse(spec, uuid=made.uuid, function_arn=made.function_arn)
            self._mappings.append(mapping)
            if self._is_restored and made.enabled:
                self._start(mapping)
            return made

        LambdaBackend.create_event_source_mapping = created

    def _start(self, mapping: Mapping) -> None:
        stream = StoredStreamReader(self._records, mapping.stream_arn.rpartition("/")[2])
        ports = Ports(
            stream=stream,
            invoke=lambda payload: self._functions.invoke(mapping.function_arn, payload),
            give_up=destination(mapping),
            checkpoints=StoredCheckpoints(self._values, mapping.uuid),
            clock=time.time,
        )
        runner = Runner(EventSource(mapping, ports))
        self._records.listeners.append(runner.notify)
        self._runners.append(runner)
        runner.start()
