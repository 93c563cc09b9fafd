"""The serving function: published results and live features by HTTP."""

# Libraries bundled with the function. The runtime's boto3 is enough.
LIBRARIES: tuple[str, ...] = ()
# Besides its own package and the common one: it reads the live table through the live function's modules.
PACKAGES = ("lambdas/live",)
