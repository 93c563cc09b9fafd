"""A template with everything of the live path: API, function, stream, delivery and secrets."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.offline.twin.conftest import ZONES

CODE = """
import base64, json, os
import boto3

def handle(event, context):
    path = event["resource"]
    if path == "/v1/broken":
        return {"statusCode": "x"}
    if path == "/v1/fail":
        raise ValueError("no")
    if path == "/v1/events" and event["httpMethod"] == "POST":
        body = base64.b64decode(event["body"]) if event["isBase64Encoded"] else (event["body"] or "").encode()
        boto3.client("kinesis").put_record(StreamName=os.environ["STREAM"], Data=body + b"\\n", PartitionKey="u")
        return {"statusCode": 202, "headers": {"Access-Control-Allow-Origin": "*"}, "body": json.dumps({"bytes": len(body)})}
    return {"statusCode": 200, "headers": {"X-One": 1}, "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
            "body": json.dumps(event)}
"""


def method(resource: str, verb: str = "GET", *, key: bool = False, **more: Any) -> dict[str, Any]:
    uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    properties = {
        "RestApiId": {"Ref": "Api"},
        "ResourceId": {"Ref": resource},
        "HttpMethod": verb,
        "AuthorizationType": "NONE",
        "ApiKeyRequired": key,
        "Integration": {
            "Type": "AWS_PROXY",
            "IntegrationHttpMethod": "POST",
            "Uri": {"Fn::Join": ["", [uri, {"Fn::GetAtt": ["Function", "Arn"]}, "/invocations"]]},
        },
    } | more
    return {"Type": "AWS::ApiGateway::Method", "Properties": properties}


def resource(parent: Any, part: str) -> dict[str, Any]:
    properties = {"RestApiId": {"Ref": "Api"}, "ParentId": parent, "PathPart": part}
    return {"Type": "AWS::ApiGateway::Resource", "Properties": properties}


def answer(kind: str, status: int | None, code: int) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "RestApiId": {"Ref": "Api"},
        "ResponseType": kind,
        "ResponseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
        "ResponseTemplates": {"application/json": json.dumps({"error": {"code": code}})},
    }
    if status:
        properties["StatusCode"] = str(status)
    return {"Type": "AWS::ApiGateway::GatewayResponse", "Properties": properties}


MOCK = {
    "Type": "MOCK",
    "RequestTemplates": {"application/json": '{"statusCode": 204}'},
    "IntegrationResponses": [
        {"StatusCode": "204", "ResponseParameters": {"method.response.header.Access-Control-Allow-Methods": "'POST'"}}
    ],
}
SECRET = {"Fn::Join": ["", ["{{resolve:secretsmanager:", {"Ref": "Secret"}, ":SecretString:::}}"]]}
ADDRESS = ["https://", {"Ref": "Api"}, ".execute-api.us-east-1.", {"Ref": "AWS::URLSuffix"}, "/", {"Ref": "Stage"}]
TEMPLATE: dict[str, Any] = {
    "Resources": ZONES["Resources"]
    | {
        "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "events", "ShardCount": 1}},
        "Delivery": {
            "Type": "AWS::KinesisFirehose::DeliveryStream",
            "Properties": {
                "DeliveryStreamName": "delivery",
                "DeliveryStreamType": "KinesisStreamAsSource",
                "KinesisStreamSourceConfiguration": {
                    "KinesisStreamARN": {"Fn::GetAtt": ["Stream", "Arn"]},
                    "RoleARN": {"Fn::GetAtt": ["Role", "Arn"]},
                },
                "ExtendedS3DestinationConfiguration": {
                    "BucketARN": {"Fn::GetAtt": ["Raw", "Arn"]},
                    "RoleARN": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Prefix": "stream/events/ingest_date=!{timestamp:yyyy-MM-dd}/",
                    "ErrorOutputPrefix": "undelivered/!{firehose:error-output-type}/",
                    "CompressionFormat": "GZIP",
                    "BufferingHints": {"SizeInMBs": 128, "IntervalInSeconds": 60},
                },
            },
        },
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": "ingest",
                "Handler": "index.handle",
                "Runtime": "python3.13",
                "Timeout": 20,
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"ZipFile": CODE},
                "Environment": {"Variables": {"STREAM": {"Ref": "Stream"}}},
            },
        },
        "Secret": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {"Name": "server-key", "GenerateSecretString": {"PasswordLength": 48, "ExcludePunctuation": True}},
        },
        "Api": {
            "Type": "AWS::ApiGateway::RestApi",
            "Properties": {"Name": "api", "BinaryMediaTypes": ["application/gzip"], "MinimumCompressionSize": 1024},
        },
        "V1": resource({"Fn::GetAtt": ["Api", "RootResourceId"]}, "v1"),
        "Events": resource({"Ref": "V1"}, "events"),
        "Customers": resource({"Ref": "V1"}, "customers"),
        "Customer": resource({"Ref": "Customers"}, "{id}"),
        "Broken": resource({"Ref": "V1"}, "broken"),
        "Fail": resource({"Ref": "V1"}, "fail"),
        "PostEvents": method("Events", "POST"),
        "OptionsEvents": method("Events", "OPTIONS", Integration=MOCK),
        "GetCustomer": method("Customer", key=True),
        "PutCustomer": method(
            "Customer",
            "PUT",
            RequestValidatorId={"Ref": "Validator"},
            RequestModels={"application/json": {"Ref": "Model"}},
            RequestParameters={"method.request.querystring.since": True},
        ),
        "GetBroken": method("Broken"),
        "GetFail": method("Fail"),
        "Validator": {
            "Type": "AWS::ApiGateway::RequestValidator",
            "Properties": {"RestApiId": {"Ref": "Api"}, "ValidateRequestBody": True, "ValidateRequestParameters": True},
        },
        "Model": {
            "Type": "AWS::ApiGateway::Model",
            "Properties": {
                "RestApiId": {"Ref": "Api"},
                "Name": "Customer",
                "ContentType": "application/json",
                "Schema": {"$schema": "http://json-schema.org/draft-04/schema#", "type": "object"},
            },
        },
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "Properties": {"RestApiId": {"Ref": "Api"}},
            "DependsOn": ["PostEvents", "OptionsEvents", "GetCustomer", "PutCustomer", "GetBroken", "GetFail"],
        },
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {
                "RestApiId": {"Ref": "Api"},
                "DeploymentId": {"Ref": "Deployment"},
                "StageName": "live",
                "MethodSettings": [
                    {"HttpMethod": "*", "ResourcePath": "/*", "ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 500}
                ],
            },
        },
        "Key": {
            "Type": "AWS::ApiGateway::ApiKey",
            "Properties": {"Name": "server", "Enabled": True, "Value": SECRET},
        },
        "Plan": {
            "Type": "AWS::ApiGateway::UsagePlan",
            "Properties": {
                "UsagePlanName": "servers",
                "ApiStages": [{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "Stage"}}],
                "Throttle": {"RateLimit": 0.001, "BurstLimit": 3},
            },
        },
        "PlanKey": {
            "Type": "AWS::ApiGateway::UsagePlanKey",
            "Properties": {"KeyId": {"Ref": "Key"}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": "Plan"}},
        },
        "Refused": answer("INVALID_API_KEY", 403, 4030),
        "Throttled": answer("THROTTLED", 429, 4290),
        "Large": answer("REQUEST_TOO_LARGE", 413, 4130),
        "Missing": answer("MISSING_AUTHENTICATION_TOKEN", 404, 4040),
        "Failed": answer("DEFAULT_5XX", None, 5000),
    },
    "Outputs": ZONES["Outputs"]
    | {
        "ApiUrl": {"Value": {"Fn::Join": ["", ADDRESS]}},
        "PublishableKey": {"Value": {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}},
    },
}
