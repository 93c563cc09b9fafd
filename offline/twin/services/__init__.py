"""The AWS services of the local stack, one package each. To add one: write its package, add it to SERVICES."""

from __future__ import annotations

from offline.twin.service import Service
from offline.twin.services.apigateway import ApiGateway
from offline.twin.services.athena import Athena
from offline.twin.services.awslambda import AwsLambda
from offline.twin.services.budgets import Budgets
from offline.twin.services.cloudformation import CloudFormation
from offline.twin.services.cloudtrail import CloudTrail
from offline.twin.services.cloudwatch import CloudWatch
from offline.twin.services.dynamodb import DynamoDB
from offline.twin.services.ec2 import Ec2
from offline.twin.services.firehose import Firehose
from offline.twin.services.glue import Glue
from offline.twin.services.iam import Iam
from offline.twin.services.kinesis import Kinesis
from offline.twin.services.kms import Kms
from offline.twin.services.lakeformation import LakeFormation
from offline.twin.services.logs import Logs
from offline.twin.services.s3 import S3
from offline.twin.services.sagemaker import SageMaker
from offline.twin.services.scheduler import Scheduler
from offline.twin.services.secretsmanager import SecretsManager
from offline.twin.services.sns import Sns
from offline.twin.services.sqs import Sqs
from offline.twin.services.stepfunctions import StepFunctions

SERVICES: tuple[type[Service], ...] = (
    CloudFormation,
    S3,
    Glue,
    StepFunctions,
    DynamoDB,
    Kinesis,
    Firehose,
    AwsLambda,
    ApiGateway,
    SecretsManager,
    Athena,
    Budgets,
    CloudTrail,
    CloudWatch,
    Ec2,
    Iam,
    Kms,
    LakeFormation,
    Logs,
    SageMaker,
    Scheduler,
    Sns,
    Sqs,
)
