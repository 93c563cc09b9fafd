"""The web dashboard on AWS: a Lambda function behind an HTTP API, for people who have signed in with Cognito."""
