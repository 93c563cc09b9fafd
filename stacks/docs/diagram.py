"""The lake as a Mermaid diagram: the resources of the templates, with arrows from their references and policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stacks.docs.deployments import Templates

# By resource type, in the order of precedence for a construct's label: the label and the brackets of its shape.
KINDS = {
    "AWS::S3::Bucket": ("bucket", "[(", ")]"),
    "AWS::Glue::Job": ("Glue job", "[[", "]]"),
    "AWS::StepFunctions::StateMachine": ("state machine and schedule", "([", "])"),
    "AWS::Athena::WorkGroup": ("workgroup and role", "[[", "]]"),
    "AWS::SNS::Topic": ("topic", ">", "]"),
    "AWS::CloudWatch::Dashboard": ("dashboard", "[", "]"),
    "AWS::CloudTrail::Trail": ("access trail", "[", "]"),
    "AWS::KMS::Key": ("key", "{{", "}}"),
    "AWS::ApiGateway::RestApi": ("REST API", "([", "])"),
    "AWS::Lambda::Function": ("function", "[[", "]]"),
    "AWS::KinesisFirehose::DeliveryStream": ("Firehose", "[[", "]]"),
    "AWS::Kinesis::Stream": ("stream", "[/", "/]"),
    "AWS::DynamoDB::Table": ("table", "[(", ")]"),
    "AWS::EC2::VPC": ("private network", "[", "]"),
}
# Numerous types: one box for all of them in a stack, or for each zone that they describe.
MANY = {
    "AWS::Glue::Table": ("tables", "[/", "/]"),
    "AWS::CloudWatch::Alarm": ("alarms", "[/", "/]"),
    "AWS::Athena::NamedQuery": ("saved queries", "[/", "/]"),
}
# The verb for a policy statement; the first action that matches wins.
VERBS = {
    "s3:PutObject": "writes",
    "kinesis:PutRecords": "writes",
    "dynamodb:PutItem": "writes",
    "s3:GetObject": "reads",
    "kinesis:GetRecords": "reads",
    "dynamodb:GetItem": "reads",
    "glue:StartJobRun": "starts",
    "sns:Publish": "notifies",
}
# The verb for a property that refers to another resource.
LINKS = {
    "AWS::ApiGateway::Method": {"Integration": "calls"},
    "AWS::CloudWatch::Alarm": {"AlarmActions": "notify"},
    "AWS::CloudTrail::Trail": {"AdvancedEventSelectors": "records access to"},
    "AWS::Glue::Table": {"TableInput": "describe"},
}
DOTTED = ("describe", "notifies", "notify", "records access to")
POLICIES = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy")


@dataclass(frozen=True)
class Edge:
    """From one box to another. A read is drawn in the direction of the data."""

    source: str
    verb: str
    target: str

    def text(self) -> str:
        if self.verb == "reads":
            return f"{self.target} -->|reads| {self.source}"
        arrow = "-.->" if self.verb in DOTTED else "-->"
        return f"{self.source} {arrow}|{self.verb}| {self.target}"


class Boxes:
    """The box of every resource, by stack and logical id."""

    def __init__(self, templates: Templates) -> None:
        self._exports = {
            output["Export"]["Name"]: (stack, output["Value"])
            for stack, template in templates.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }
        self.labels: dict[str, dict[str, str]] = {stack: {} for stack in templates}
        self._boxes: dict[tuple[str, str], str] = {}
        members: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
        for stack, template in templates.items():
            for id_, resource in template["Resources"].items():
                box = self._box(stack, id_, resource)
                self._boxes[stack, id_] = box
                members.setdefault(box, []).append((stack, resource))
        for box, resources in members.items():
            self._label(box, resources)

    def _box(self, stack: str, id_: str, resource: Mapping[str, Any]) -> str:
        if resource["Type"] in MANY:
            return f"{stack}_{_many(resource)}"
        path = resource.get("Metadata", {}).get("aws:cdk:path", f"/{id_}").split("/")[1:]
        return f"{stack}_{path[0]}"

    def _label(self, box: str, members: list[tuple[str, Mapping[str, Any]]]) -> None:
        stack, types = members[0][0], [resource["Type"] for _, resource in members]
        if types[0] in MANY:
            words, left, right = MANY[types[0]]
            name = _many(members[0][1]).replace("_", " ")
            label = name if name != words.split()[-1] else words
            self.labels[stack][box] = f'{box}{left}"{label}"{right}'
            return
        kind = next((kind for kind in KINDS if kind in types), None)
        # The bucket in a trail's construct is part of the trail.
        if "AWS::CloudTrail::Trail" in types:
            kind = "AWS::CloudTrail::Trail"
        if kind:
            words, left, right = KINDS[kind]
            self.labels[stack][box] = f'{box}{left}"{box.partition("_")[2]}<br>{words}"{right}'

    def known(self, box: str) -> bool:
        return any(box in labels for labels in self.labels.values())

    def of(self, stack: str, id_: str) -> str:
        return self._boxes[stack, id_]

    def referred(self, stack: str, node: Any) -> Iterator[str]:
        """The boxes of the resources that a template value refers to."""
        if isinstance(node, list):
            for item in node:
                yield from self.referred(stack, item)
        if not isinstance(node, Mapping):
            return
        for key, value in node.items():
            name = value if key == "Ref" else value[0] if key == "Fn::GetAtt" else None
            if key == "Fn::ImportValue" and value in self._exports:
                yield from self.referred(*self._exports[value])
            elif (stack, name) in self._boxes:
                yield self._boxes[stack, str(name)]
            else:
                yield from self.referred(stack, value)


def diagram(templates: Templates) -> str:
    """A flowchart with a subgraph per stack."""
    boxes = Boxes(templates)
    lines = ["```mermaid", "flowchart LR"]
    for stack, labels in boxes.labels.items():
        if labels:
            lines += [f"  subgraph {stack}", *[f"    {label}" for _, label in sorted(labels.items())], "  end"]
    edges = {edge for stack, template in templates.items() for edge in _edges(boxes, stack, template)}
    shown = {
        edge.text() for edge in edges if boxes.known(edge.source) and boxes.known(edge.target) and edge.source != edge.target
    }
    return "\n".join([*lines, *[f"  {text}" for text in sorted(shown)], "```"])


def _edges(boxes: Boxes, stack: str, template: Mapping[str, Any]) -> Iterator[Edge]:
    for id_, resource in template["Resources"].items():
        box, properties = boxes.of(stack, id_), resource.get("Properties", {})
        for name, verb in LINKS.get(resource["Type"], {}).items():
            yield from (Edge(box, verb, target) for target in boxes.referred(stack, properties.get(name)))
        if resource["Type"] in POLICIES:
            for statement in properties["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Deny":
                    continue
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                verb = next((verb for action, verb in VERBS.items() if action in actions), "")
                if verb:
                    yield from (Edge(box, verb, target) for target in boxes.referred(stack, statement["Resource"]))


def _many(resource: Mapping[str, Any]) -> str:
    """The name of the box for a numerous type: for tables with the zone of their database."""
    words = MANY[resource["Type"]][0].split()[-1]
    database = resource.get("Properties", {}).get("DatabaseName")
    if resource["Type"] == "AWS::Glue::Table" and isinstance(database, str):
        return f"{database.rsplit('_', 1)[-1]}_{words}"
    return words
