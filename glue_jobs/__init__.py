"""The lake's batch jobs: what AWS Glue runs, and what the offline lake runs."""
