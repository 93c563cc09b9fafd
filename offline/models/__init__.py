"""Training, scoring and records of models on this machine, as SageMaker does it on AWS."""
