"""Writes what follows from the event contract and the errors: schemas, API description, docs (`python -m lambdas.derive`)."""
