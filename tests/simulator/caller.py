# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simple HTTP client for tests. It needs the library requests; the simulator itself does not import it."""

from __future__ import annotations

from typing import Any

import requests

from .service import Simulator


class Caller:
    """Sends HTTP requests to a simulator with a token, and returns the responses as they are."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._session = requests.Session()
        self.token = simulator.issue_token()

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request; a path without a leading slash is below .../container/kubernetes/ of the main project."""
        if not path.startswith("/"):
            path = f"/v5/{self._simulator.project_id}/container/kubernetes/{path}"
        headers = {"X-Auth-Token": self.token, "region": self._simulator.region, **options.pop("headers", {})}
        sent = {name: value for name, value in headers.items() if value is not None}
        # Passed with each request: environment variables take precedence over a session's setting.
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
        """Register a cluster; `headers` and `timeout` are for the request, everything else goes into the body."""
        options = {option: fields.pop(option) for option in ("headers", "timeout") if option in fields}
        body = {"name": name, "kube_config": "kind: Config", **fields}
        return self("POST", "multi-cloud/clusters", json=body, **options)

    def list(self, **query: Any) -> Any:
        """The parsed response of a listing."""
        answer = self("GET", "multi-cloud/clusters", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def control(self, method: str, path: str, **options: Any) -> Any:
        """Send a request to the control API; it must succeed."""
        answer = self(method, f"/_simulator/{path}", **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()
