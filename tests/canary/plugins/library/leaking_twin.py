# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that leaks its secrets in every way that the modules of the collection must not."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from ansible.module_utils.basic import AnsibleModule

FORMS = {
    "plain": str,
    "base64": lambda text: base64.b64encode(f"x{text}".encode()).decode(),
    "url": lambda text: quote(text, safe=""),
    "json": lambda text: json.dumps(json.dumps({"text": text})),
    "lines": lambda text: "\n    ".join(text[at : at + 12] for at in range(0, len(text), 12)),
}


def main() -> None:
    """Writes the secret to files, arguments, environment variables, warnings and the result."""
    options = {"kube_config": {"type": "str"}, "secret_key": {"type": "str"}, "form": {"choices": list(FORMS)}}
    module = AnsibleModule(argument_spec=options)
    secret = FORMS[module.params["form"]](module.params["secret_key"] + (module.params["kube_config"] or ""))
    run = Path(os.environ["HSS_CANARY_FOLDER"])
    for folder in ("tmp", "remote", "home", "cwd"):
        (run / folder / "left.txt").write_text(secret)
    exposed = run / "tmp" / "exposed.txt"
    exposed.write_text(secret)
    exposed.chmod(0o644)
    # Long enough for a process that checks periodically.
    code = "import time; time.sleep(0.5)"
    subprocess.run([sys.executable, "-c", code, secret], env={**os.environ, "SECRET": secret}, check=True)
    exposed.unlink()
    module.warn(f"leaked: {secret}")
    module.exit_json(changed=True, msg=secret)


if __name__ == "__main__":
    main()
