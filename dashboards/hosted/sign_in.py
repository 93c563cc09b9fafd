"""Signing in with Cognito: the authorization code flow of OpenID Connect, with PKCE, a state and a nonce."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import urllib3

from contracts.errors import LakeError
from dashboards.hosted.settings import Settings

CALLBACK, SIGNED_OUT = "/signed-in", "/signed-out"
TIMEOUT_SECONDS = 5.0
FAILED = "The sign-in failed; start again."


class SignIn:
    """One application of a user pool; `secret` is its own, and `clock` returns the time in seconds."""

    def __init__(self, settings: Settings, secret: str, *, clock: Callable[[], float] = time.time) -> None:
        self._settings, self._secret, self._clock = settings, secret, clock

    def begin(self) -> tuple[str, dict[str, str]]:
        """The address of Cognito's sign-in page, and what `finish` has to know of this attempt."""
        attempt = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt["verifier"].encode()).digest()).decode().rstrip("=")
        query = {
            "response_type": "code",
            "client_id": self._settings.client,
            "redirect_uri": self._settings.origin + CALLBACK,
            "scope": "openid",
            "state": attempt["state"],
            "nonce": attempt["nonce"],
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._settings.sign_in}/oauth2/authorize?{urlencode(query)}", attempt

    def end(self) -> str:
        """The address that ends the session with Cognito."""
        query = {"client_id": self._settings.client, "logout_uri": self._settings.origin + SIGNED_OUT}
        return f"{self._settings.sign_in}/logout?{urlencode(query)}"

    def finish(self, query: Mapping[str, str], attempt: Mapping[str, str]) -> str:
        """The user's identifier for the code that Cognito sent with this query; LakeError if anything is not as it must be."""
        if not hmac.compare_digest(query.get("state", "").encode(), attempt["state"].encode()) or not query.get("code"):
            raise LakeError(FAILED)
        claims = self._claims(query["code"], attempt["verifier"])
        expected = {
            "iss": self._settings.issuer,
            "aud": self._settings.client,
            "token_use": "id",
            "nonce": attempt["nonce"],
        }
        expires, subject = claims.get("exp"), claims.get("sub")
        is_valid = all(claims.get(name) == value for name, value in expected.items())
        if (
            not is_valid
            or not isinstance(expires, int)
            or expires <= self._clock()
            or not isinstance(subject, str)
            or not subject
        ):
            raise LakeError(FAILED)
        return subject

    def _claims(self, code: str, verifier: str) -> dict[str, Any]:
        """The claims of the ID token. It comes from Cognito itself over TLS, which stands for its signature (OpenID Connect Core,
        3.1.3.7): no token that a browser sends is ever read.
        """
        fields = {
            "grant_type": "authorization_code",
            "client_id": self._settings.client,
            "code": code,
            "redirect_uri": self._settings.origin + CALLBACK,
            "code_verifier": verifier,
        }
        try:
            answer = urllib3.request(
                "POST",
                f"{self._settings.sign_in}/oauth2/token",
                body=urlencode(fields),
                headers={
                    "Content-Type": "application/x-www-form-urlencoded",
                    **urllib3.make_headers(basic_auth=f"{self._settings.client}:{self._secret}"),
                },
                timeout=TIMEOUT_SECONDS,
                retries=False,
                redirect=False,
            )
            if answer.status != 200:
                raise LakeError(FAILED)
            payload = json.loads(answer.data)["id_token"].split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except urllib3.exceptions.HTTPError:
            raise LakeError("Cognito did not answer; start again.") from None
        except (binascii.Error, ValueError, KeyError, IndexError, AttributeError, TypeError):
            raise LakeError(FAILED) from None
        if not isinstance(claims, dict):
            raise LakeError(FAILED)
        return claims
