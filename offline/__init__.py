"""The lake on one machine: the same jobs and SQL, with folders for buckets."""
