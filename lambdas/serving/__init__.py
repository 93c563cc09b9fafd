"""The serving function: published results and live features by HTTP."""

# Libraries bundled with the function. The runtime's boto3 is enough.
LIBRARIES: tuple[str, ...] = ()
