"""Amazon States Language: state machines in JSONPath."""
