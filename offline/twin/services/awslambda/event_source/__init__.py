"""Event source mappings from Kinesis to Lambda. They know no server: clock, function, stream and checkpoints are passed in."""
