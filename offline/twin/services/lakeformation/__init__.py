"""Lake Formation."""

from __future__ import annotations

import json

from offline.twin.endpoint import ACCOUNT
from offline.twin.recipes import Recipe, identified_by, properties
from offline.twin.service import Service


class LakeFormation(Service):
    title = "Lake Formation"
    recipes = {
        "AWS::LakeFormation::Resource": Recipe("lakeformation", "register_resource", properties(), identified_by("ResourceArn")),
        "AWS::LakeFormation::Tag": Recipe("lakeformation", "create_lf_tag", properties(), identified_by("TagKey")),
        "AWS::LakeFormation::DataLakeSettings": Recipe(
            "lakeformation",
            "put_data_lake_settings",
            lambda properties, _: [{"DataLakeSettings": properties | {"DataLakeAdmins": properties.get("Admins", [])}}],
            lambda _, __: ACCOUNT,
        ),
        "AWS::LakeFormation::TagAssociation": Recipe(
            "lakeformation", "add_lf_tags_to_resource", properties(), lambda call, _: json.dumps(call["Resource"])
        ),
        "AWS::LakeFormation::PrincipalPermissions": Recipe(
            "lakeformation",
            "grant_permissions",
            properties(),
            lambda call, _: json.dumps([call["Principal"], call["Resource"]]),
        ),
    }
    leaves_out = ("Grants are stored but not enforced.",)
