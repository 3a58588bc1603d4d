# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: commands that load the images of the agents into a private registry."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_multicloud_image_command_info
short_description: Get the commands that load Huawei Cloud HSS's agent images into a private registry
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Gets from HSS the commands that load the images of the agents into a private registry, and that create the Secret
    with which a cluster pulls the images. No command is run.
  - Needed only for clusters that cannot pull from the registry of the vendor.
options:
  image_repo:
    description: Address of the registry.
    type: str
    required: true
  organization:
    description: Organization or project in the registry.
    type: str
    required: true
  image_repo_username:
    description: User name for the registry.
    type: str
    required: true
    aliases: [username]
  image_repo_password:
    description:
      - Password for the registry. Not to be confused with O(password), which is the password of an IAM user.
      - It is sent to HSS in the URL of the request, since the API provides no other way, and HSS inserts it into the
        commands. With O(show_commands=true) it is not sent, and is not required.
    type: str
  plug_type:
    description:
      - Type of the image. V(agent) is the agent on the nodes, V(docker) is the plug-in for Docker.
      - By default HSS chooses the type.
    type: str
    choices: [docker, agent]
  show_commands:
    description:
      - V(false) returns commands that include the password and can be run as they are, and hides the result from
        output.
      - V(true) returns commands with C($REGISTRY_PASSWORD) in place of the password. They can be shown and stored, and
        can be run by a shell in which this variable is set.
    type: bool
    default: false
extends_documentation_fragment:
  - huaweicloud.hss.attributes.read_only
  - huaweicloud.hss.attributes
  - huaweicloud.hss.connection
attributes:
  action:
    support: full
    description: An action plugin runs the module and hides the result.
  async:
    support: none
    description: The result would be stored in a file.
notes:
  - An error message never contains the password, and is not hidden.
seealso:
  - module: huaweicloud.hss.hss_multicloud_agent_info
"""

EXAMPLES = r"""
- name: Get commands without the password, to run them by hand
  huaweicloud.hss.hss_multicloud_image_command_info:
    image_repo: registry.example.com
    organization: security
    image_repo_username: hss
    plug_type: agent
    show_commands: true
  delegate_to: localhost
  register: shown

- name: Get commands that can be run as they are
  huaweicloud.hss.hss_multicloud_image_command_info:
    image_repo: registry.example.com
    organization: security
    image_repo_username: hss
    image_repo_password: "{{ registry_password }}"
    plug_type: agent
  delegate_to: localhost
  register: ready
"""

RETURN = r"""
image_command:
  description: Shell command that loads the images into the registry.
  returned: success
  type: str
  sample: docker login -u hss -p "$REGISTRY_PASSWORD" registry.example.com && ...
secret_command:
  description: Shell command that creates the Secret with which a cluster pulls the images.
  returned: success
  type: str
  sample: kubectl create secret docker-registry hss-registry -n hss --docker-password="$REGISTRY_PASSWORD" ...
secret_name:
  description: Name of this Secret. Null if it cannot be derived from the command.
  returned: success
  type: str
  sample: hss-registry
images_download_url:
  description: URL from which the images can be downloaded.
  returned: success
  type: str
  sample: https://hss-images.cn-north-4.example.com/hss-images.zip
failure:
  description: Cause of the failure in machine-readable form, as in M(huaweicloud.hss.hss_multicloud_cluster).
  returned: failure
  type: dict
  sample: {error_code: HSS.0001, outcome: rejected}
"""

from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._api.base import ENDPOINT_HINT
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import REJECTED, HssError, invalid_option
from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.image_commands import (
    COMMANDS,
    MAX_COMMAND,
    PASSWORD_VARIABLE,
    PLACEHOLDER,
    password_encodings,
    placeholder_encodings,
    secret_name,
    with_variable,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._module.frame import HssModule

PLUG_TYPES = ("docker", "agent")


def main() -> None:
    """Runs the module."""
    module = HssModule(
        {
            "image_repo": {"type": "str", "required": True},
            "organization": {"type": "str", "required": True},
            "image_repo_username": {"type": "str", "required": True, "aliases": ["username"]},
            "image_repo_password": {"type": "str", "no_log": True},
            "plug_type": {"type": "str", "choices": list(PLUG_TYPES)},
            "show_commands": {"type": "bool", "default": False},
        },
        required_if=[("show_commands", False, ("image_repo_password",))],
    )

    def work() -> dict[str, Any]:
        params = module.params
        if params["image_repo_password"]:
            known = password_encodings(params["image_repo_username"], params["image_repo_password"])
            module.session.redactor.add(*known)
            # Ansible hides the short spellings too.
            module.ansible.no_log_values.update(known)
        for option in ("image_repo", "organization", "image_repo_username"):
            if not params[option].strip():
                raise invalid_option(option, "must not be empty.")
        if not params["show_commands"] and not params["image_repo_password"]:
            raise invalid_option("image_repo_password", "must not be empty. show_commands=true needs none.")
        # HSS never gets the password, which would travel in the URL; the action plugin puts it into the commands.
        reply = module.session.api().show_image_command(
            params["image_repo"],
            params["organization"],
            params["image_repo_username"],
            PLACEHOLDER,
            params["plug_type"],
        )
        commands = {name: str(reply.get(name) or "") for name in COMMANDS}
        for name, command in commands.items():
            if len(command) > MAX_COMMAND:
                raise HssError(
                    f"Could not read the commands for the agents' images: {name} exceeds {MAX_COMMAND} characters",
                    operation="ShowMultiCloudClusterImageCommand",
                    hint=ENDPOINT_HINT,
                    outcome=REJECTED,
                )
        if params["show_commands"]:
            placeholders, missing = [PLACEHOLDER], f"there is no ${PASSWORD_VARIABLE} in them"
        else:
            # The action plugin can also replace an encoded password; a shell cannot encode the value of a variable.
            placeholders, missing = placeholder_encodings(params["image_repo_username"]), "it is not in them"
        if not any(placeholder in command for command in commands.values() for placeholder in placeholders):
            module.ansible.warn(
                f"HSS does not write the password into the commands as it is, so {missing}. They may be of no use"
            )
        if params["show_commands"]:
            commands = {name: with_variable(text) for name, text in commands.items()}
        return {
            "changed": False,
            **commands,
            "images_download_url": reply.get("images_download_url"),
            "secret_name": secret_name(reply.get("secret_command")),
        }

    module.run(work)


if __name__ == "__main__":
    main()
