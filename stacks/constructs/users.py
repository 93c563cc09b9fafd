"""The people who may use the web dashboard: a Cognito user pool with its sign-in pages, and the dashboard as its client."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.role import LakeRole
from stacks.security import acknowledge

# Paths of dashboards/hosted.
SIGNED_IN, SIGNED_OUT = "/signed-in", "/signed-out"


class Users(Construct):
    """Administrators add users; nobody can sign up. Everyone needs a code of an authenticator app besides the password."""

    def __init__(self, scope: Construct, id_: str, *, config: LakeConfig, origin: str) -> None:
        super().__init__(scope, id_)
        keep = not config.deletes_data
        self.pool = cognito.UserPool(
            self,
            "Pool",
            user_pool_name=f"{config.prefix}-dashboard",
            feature_plan=cognito.FeaturePlan.LITE,
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
                temp_password_validity=cdk.Duration.days(7),
            ),
            deletion_protection=keep,
            removal_policy=cdk.RemovalPolicy.RETAIN if keep else cdk.RemovalPolicy.DESTROY,
        )
        account, region = cdk.Stack.of(self).account, cdk.Stack.of(self).region
        # The domain's name is unique within a region, among all accounts.
        domain = self.pool.add_domain(
            "Domain", cognito_domain=cognito.CognitoDomainOptions(domain_prefix=f"{config.prefix}-{account}")
        )
        self.client = self.pool.add_client(
            "Client",
            user_pool_client_name=f"{config.prefix}-dashboard",
            generate_secret=True,
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID],
                callback_urls=[origin + SIGNED_IN],
                logout_urls=[origin + SIGNED_OUT],
            ),
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
            prevent_user_existence_errors=True,
            # The dashboard reads the ID token once and keeps none of them.
            id_token_validity=cdk.Duration.minutes(5),
            access_token_validity=cdk.Duration.minutes(5),
            refresh_token_validity=cdk.Duration.minutes(60),
        )
        inner = self.client.node.default_child
        assert isinstance(inner, cognito.CfnUserPoolClient)
        inner.explicit_auth_flows = ["ALLOW_REFRESH_TOKEN_AUTH"]  # without it Cognito also allows sign-ins without its pages
        self.environment = {
            "SIGN_IN": f"https://{domain.domain_name}.auth.{region}.amazoncognito.com",
            "ISSUER": f"https://cognito-idp.{region}.amazonaws.com/{self.pool.user_pool_id}",
            "CLIENT": self.client.user_pool_client_id,
        }
        acknowledge(
            self.pool,
            "AwsSolutions-COG8",
            reason="Threat protection needs the plan Plus, at 0.02 USD per user and month instead of 0.0055. Nobody can sign up, "
            "and a password alone lets nobody in.",
        )

    def let_read_client(self, role: LakeRole) -> None:
        """The dashboard proves with the client's secret who it is, and signs its sessions with it."""
        role.allow(["cognito-idp:DescribeUserPoolClient"], [self.pool.user_pool_arn])
