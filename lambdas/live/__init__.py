"""The live function: Kinesis records become event-time windows, customer features, alerts and warnings in DynamoDB.

Every event has its effect exactly once, in two layers. `keys` describes the table, `commit` the transaction that guards against
redelivery, `seen_ids` the window in which a producer's retry is recognized.
"""

# Libraries bundled with the function. The runtime's boto3 is enough.
LIBRARIES: tuple[str, ...] = ()
