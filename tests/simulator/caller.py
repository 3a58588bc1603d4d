# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain client for tests. The only module here that needs requests; nothing of the simulator itself imports it."""

from __future__ import annotations

from typing import Any

import requests

from .service import Simulator


class Caller:
    """Plain HTTP requests to a simulator, with a token: what a client sees, with no library's opinion in between."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._session = requests.Session()
        self.token = simulator.issue_token()

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        """A request; a path without a leading slash is below .../container/kubernetes/ of the main project."""
        if not path.startswith("/"):
            path = f"/v5/{self._simulator.project_id}/container/kubernetes/{path}"
        headers = {"X-Auth-Token": self.token, "region": self._simulator.region, **options.pop("headers", {})}
        sent = {name: value for name, value in headers.items() if value is not None}
        # The file is passed each time: a session's setting gives way to variables of the environment.
        return self._session.request(
            method,
            self._simulator.endpoint + path,
            headers=sent,
            verify=self._simulator.ca_file or True,
            allow_redirects=False,
            timeout=options.pop("timeout", 10),
            **options,
        )

    def create(self, name: str = "one", **fields: Any) -> requests.Response:
        """Register a cluster; `headers` and `timeout` are for the request, all else goes into the body."""
        options = {option: fields.pop(option) for option in ("headers", "timeout") if option in fields}
        body = {"name": name, "kube_config": "kind: Config", **fields}
        return self("POST", "multi-cloud/clusters", json=body, **options)

    def list(self, **query: Any) -> Any:
        """A listing's answer, parsed."""
        answer = self("GET", "multi-cloud/clusters", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def control(self, method: str, path: str, **options: Any) -> Any:
        """A request to the control API, which must succeed."""
        answer = self(method, f"/_simulator/{path}", **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def close(self) -> None:
        """Hang up."""
        self._session.close()
