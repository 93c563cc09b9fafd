"""Secrets Manager: the stacks' secrets keep their values."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Callable
from typing import Any

from moto.secretsmanager.models import SecretsManagerBackend

from offline.twin.recipes import Recipe, identified_by
from offline.twin.service import Service, Setup
from offline.twin.store import Values, state

KINDS = {
    "ExcludeLowercase": string.ascii_lowercase,
    "ExcludeUppercase": string.ascii_uppercase,
    "ExcludeNumbers": string.digits,
    "ExcludePunctuation": string.punctuation,
}
LENGTH = 32


def generate(settings: dict[str, Any]) -> str:
    """A random value, as GenerateSecretString describes it."""
    excluded = set(str(settings.get("ExcludeCharacters", "")))
    kinds = [
        [each for each in letters if each not in excluded] for flag, letters in KINDS.items() if not _is_true(settings.get(flag))
    ]
    if _is_true(settings.get("IncludeSpace")):
        kinds.append([" "])
    letters = [letter for kind in kinds for letter in kind]
    length = int(settings.get("PasswordLength") or LENGTH)
    one_each = [] if str(settings.get("RequireEachIncludedType")).lower() == "false" else [secrets.choice(kind) for kind in kinds]
    chosen = one_each + [secrets.choice(letters) for _ in range(length - len(one_each))]
    secrets.SystemRandom().shuffle(chosen)
    value = "".join(chosen[:length])
    if "GenerateStringKey" not in settings:
        return value
    return json.dumps(json.loads(settings.get("SecretStringTemplate") or "{}") | {settings["GenerateStringKey"]: value})


def _calls(properties: dict[str, Any], name: str) -> list[dict[str, Any]]:
    if "GenerateSecretString" in properties:
        properties["SecretString"] = generate(properties["GenerateSecretString"] or {})
    return [{"Name": name} | properties]


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


class SecretsManager(Service):
    title = "Secrets Manager"
    adds = ("Values of the stacks' secrets, generated or changed, outlive `down` and kill -9, in the lake's `state.sqlite`.",)
    leaves_out = (
        "Rotation. Earlier versions of a value are lost with `down`; binary values too.",
        "Values are not encrypted. Only the user may read the file.",
    )
    recipes = {"AWS::SecretsManager::Secret": Recipe("secretsmanager", "create_secret", _calls, identified_by("ARN"))}

    def install(self, setup: Setup) -> None:
        self._state = state(setup.lake)
        self._is_restored = False
        self._keep_new_values()
        create = SecretsManagerBackend.create_secret

        def created(backend: Any, *, name: str, secret_string: str | None, **named: Any) -> Any:
            if not self._is_restored:
                secret_string = self._state.get(_key(name), secret_string)
            response = create(backend, name=name, secret_string=secret_string, **named)
            self._state.put(_key(name), secret_string)
            return response

        SecretsManagerBackend.create_secret = created

    def restore(self) -> None:
        self._is_restored = True

    def _keep_new_values(self) -> None:
        for operation in ("put_secret_value", "update_secret"):
            setattr(SecretsManagerBackend, operation, _then(getattr(SecretsManagerBackend, operation), self._state))


def _then(change: Callable[..., Any], saved: Values) -> Callable[..., Any]:
    """The operation, after which the current value is saved."""

    def changed(backend: Any, *, secret_id: str, **named: Any) -> Any:
        response = change(backend, secret_id=secret_id, **named)
        secret = backend.secrets[secret_id]
        current = [each for each in secret.versions.values() if "AWSCURRENT" in each["version_stages"]]
        saved.put(_key(secret.name), current[0].get("secret_string") if current else None)
        return response

    return changed


def _key(name: str) -> str:
    return f"secret {name}"
